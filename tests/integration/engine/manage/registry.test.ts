import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { ask } from './manage-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

test('what is wrong with a transfer is said as Ollama says it', async () => {
  const rows: [string, string | object, number, string][] = [
    ['pull', '', 400, 'missing request body'],
    ['pull', { model: '' }, 400, 'invalid model name'],
    ['pull', { name: 'm/' }, 400, 'invalid model name'],
    ['pull', { model: 'm:cloud' }, 403, 'ollama cloud is disabled: remote model is unavailable'],
    [
      'pull',
      { name: '127.0.0.1:1/ns/m', insecure: true, stream: false },
      500,
      'pull model manifest: Get "http://127.0.0.1:1/v2/ns/m/manifests/latest": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    ['push', {}, 400, 'model is required'],
    ['push', { model: 'absent' }, 404, "model 'absent' not found"],
    [
      'push',
      { model: 'a b', stream: false },
      500,
      'unqualified name: registry.ollama.ai/library/a b:latest',
    ],
    ['push', { model: 'm:cloud' }, 403, 'ollama cloud is disabled: remote model is unavailable'],
  ]
  for (const [action, body, status, error] of rows) {
    const got = await ask(engine, 'POST', `/api/${action}`, body)
    expect([got.status, JSON.parse(got.text)]).toEqual([status, { error }])
  }
})
