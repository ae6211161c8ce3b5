import { expect, test } from 'vitest'
import { rawRequest } from '../../support/raw-http.ts'
import { answerJson } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const plain = '{"model":"m","prompt":"x"}'

async function bodiesAt(kind: 'adopted' | 'embedded', gpuLayers: number, path = '/api/generate') {
  const engine = await startEngine(({ response }) => answerJson(response, 200, '{}'))
  const { origin } = await startBench([{ id: 'e', kind, url: engine.url }], { gpuLayers })
  for (const body of [plain, '{"model":"m","options":{"num_gpu":1}}', 'no JSON']) {
    await rawRequest(origin, { path, body })
  }
  return engine.received.map(({ body }) => body.toString())
}

test('S-100: gpu_layers goes to an engine that is not ours as num_gpu, unless the client said it', async () => {
  expect(await bodiesAt('adopted', 20)).toEqual([
    '{"options":{"num_gpu":20},"model":"m","prompt":"x"}',
    '{"model":"m","options":{"num_gpu":1}}',
    'no JSON',
  ])
})

test.each([
  ['-1 leaves the choice to Ollama', 'adopted', -1, '/api/generate'],
  ['our own engine has the setting already', 'embedded', 20, '/api/generate'],
  ['a route without options keeps its bytes', 'adopted', 20, '/api/show'],
] as const)('S-100: %s', async (_, kind, gpuLayers, path) => {
  expect((await bodiesAt(kind, gpuLayers, path))[0]).toBe(plain)
})
