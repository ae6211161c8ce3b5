import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { ask } from './manage-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

const cannot = (action: string) =>
  `the embedded engine cannot ${action} models: have an Ollama do it, on any node of the cluster, or make the model from its file with \`ollama create\``

test('what the embedded engine cannot do is 400 with what to do, after what Ollama says first', async () => {
  const rows: [string, string | object, number, string][] = [
    ['pull', '', 400, 'missing request body'],
    ['pull', { model: '' }, 400, 'invalid model name'],
    ['pull', { name: 'm/' }, 400, 'invalid model name'],
    ['pull', { model: 'm:cloud' }, 403, 'ollama cloud is disabled: remote model is unavailable'],
    ['pull', { name: 'm', insecure: true, stream: false }, 400, cannot('pull')],
    ['push', {}, 400, 'model is required'],
    ['push', { model: 'absent' }, 404, "model 'absent' not found"],
    ['push', { model: 'POCKET' }, 400, cannot('push')],
  ]
  for (const [action, body, status, error] of rows) {
    const got = await ask(engine, 'POST', `/api/${action}`, body)
    expect([got.status, JSON.parse(got.text)]).toEqual([status, { error }])
  }
})
