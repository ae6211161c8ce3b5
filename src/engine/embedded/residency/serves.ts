import type { LoadOptions } from '../../runner/index.ts'

/**
 * True when a model that was loaded as `have` can do what `want` asks. How many sequences it has is the machine's matter; who leaves
 * the GPU's layers or the mapping of the file open takes what is there. Source: Ollama server/sched.go, needsReload.
 */
export function serves(have: LoadOptions, want: LoadOptions): boolean {
  const gpuLayers = want.gpuLayers < 0 ? have.gpuLayers : want.gpuLayers
  const mapsFile = want.mapsFile ?? have.mapsFile
  return keyOf(have) === keyOf({ ...want, gpuLayers, ...(mapsFile !== undefined && { mapsFile }) })
}

/** All but the number of sequences. */
function keyOf({ path, contextTokens, batchTokens, threadCounts, ...load }: LoadOptions): string {
  const { gpuLayers, mainGpu = 0, mapsFile, adapterPaths = [] } = load
  const sizes = [contextTokens, batchTokens, threadCounts]
  return JSON.stringify([path, adapterPaths, sizes, gpuLayers, mainGpu, mapsFile])
}
