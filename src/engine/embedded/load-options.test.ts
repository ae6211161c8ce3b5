import { expect, test } from 'vitest'
import { loadOptionsFor } from './load-options.ts'

const defaults = { contextTokens: 4_096, parallel: 4, cores: 8, gpuLayers: -1 }
const of = (overrides: Parameters<typeof loadOptionsFor>[1]) =>
  loadOptionsFor({ weightsPath: 'weights', adapterPaths: [] }, overrides, defaults)

test('what nobody chose is the default of the machine', () => {
  expect(of({})).toEqual({
    path: 'weights',
    contextTokens: 4_096,
    parallel: 4,
    batchTokens: 512,
    threadCounts: [7, 3, 1, 8],
    gpuLayers: -1,
  })
})

test.each([
  [{ numThread: 3 }, { threadCounts: [3] }],
  [{ numThread: 100 }, { threadCounts: [8] }],
  [{ numThread: 0 }, { threadCounts: [7, 3, 1, 8] }],
  [{ numCtx: 1 }, { contextTokens: 4 }],
  [{ numCtx: 1e12 }, { contextTokens: 1_048_576 }],
  [{ numBatch: 0 }, { batchTokens: 1 }],
  [{ numBatch: 1e6 }, { batchTokens: 2_048 }],
  [{ numGpu: 12 }, { gpuLayers: 12 }],
  [{ mainGpu: 99 }, { mainGpu: 15 }],
  [{ mainGpu: -3 }, { mainGpu: 0 }],
  [{ useMmap: false }, { mapsFile: false }],
])('%j comes to %j', (overrides, options) => {
  expect(of(overrides)).toMatchObject(options)
})
