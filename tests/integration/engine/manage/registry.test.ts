import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { ask } from './manage-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

const cannot =
  'the embedded engine cannot push models: have an Ollama do it, on any node of the cluster, or make the model from its file with `ollama create`'

test('what is wrong with a transfer is said as Ollama says it; a push is 400 with what to do', async () => {
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
    ['push', { model: 'POCKET' }, 400, cannot],
  ]
  for (const [action, body, status, error] of rows) {
    const got = await ask(engine, 'POST', `/api/${action}`, body)
    expect([got.status, JSON.parse(got.text)]).toEqual([status, { error }])
  }
})
