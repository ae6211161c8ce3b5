import { expect, test } from 'vitest'
import { rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { answerJson } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const secret = 'a prompt that nobody may find in a log'
const request = {
  path: '/api/generate',
  body: JSON.stringify({ prompt: secret, model: 'Pocket', n: 1 }),
}

async function startLogged(level: 'debug' | 'info') {
  const engine = await startEngine(({ response }) =>
    answerJson(response, 200, JSON.stringify({ response: secret })),
  )
  const loaded = [{ name: 'pocket:latest', digest: 'd', expires_at: '' }]
  const bench = await startBench(
    [
      { id: 'other', url: engine.url },
      { id: 'holder', url: engine.url, loaded },
    ],
    { level },
  )
  await rawRequest(bench.origin, request)
  const [finished] = await until('the last line', () => {
    const lines = bench.logged('request.finished')
    return lines.length > 0 && lines
  })
  return { ...bench, finished: finished ?? {} }
}

test('S-114 (part: gateway): at debug each decision is a line with its order and reason', async () => {
  const { logged, finished } = await startLogged('debug')
  expect(logged('routing.decided')).toHaveLength(1)
  expect(logged('routing.decided')[0]).toMatchObject({
    requestId: finished['requestId'],
    model: 'registry.ollama.ai/library/pocket:latest',
    order: ['holder', 'other'],
    reason: 'model_affinity: model loaded',
  })
})

test('S-114 (part: gateway): at info there is one line per request and no decision', async () => {
  const { logged, finished } = await startLogged('info')
  expect(logged('routing.decided')).toHaveLength(0)
  expect(logged('request.finished')).toHaveLength(1)
  expect(finished).toMatchObject({
    method: 'POST',
    path: '/api/generate',
    status: 200,
    bytes: Buffer.byteLength(JSON.stringify({ response: secret })),
    engine: 'holder',
  })
  expect(finished['durationMs']).toBeGreaterThan(0)
})

test('neither prompt nor answer is in any line, even at debug', async () => {
  const { everything } = await startLogged('debug')
  expect(everything()).toContain('request.finished')
  expect(everything()).not.toContain('nobody may find')
})
