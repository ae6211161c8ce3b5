import type { LoadOptions } from '../../runner/index.ts'

/**
 * True when a model that was loaded as `have` can do what `want` asks. How many sequences it has is the machine's matter; who leaves
 * the GPU's layers or the mapping of the file open takes what is there. Source: Ollama server/sched.go, needsReload.
 */
export function serves(have: LoadOptions, want: LoadOptions): boolean {
  const gpuLayers = want.gpuLayers < 0 ? have.gpuLayers : want.gpuLayers
  const mapsFile = want.mapsFile ?? have.mapsFile
  return (
    loadKey(have) === loadKey({ ...want, gpuLayers, ...(mapsFile !== undefined && { mapsFile }) })
  )
}

/** What two loads have in common that make the same of a file: all but the number of sequences, which the memory decides. */
export function loadKey({
  path,
  contextTokens,
  batchTokens,
  threadCounts,
  ...load
}: LoadOptions): string {
  const { gpuLayers, mainGpu = 0, mapsFile, adapterPaths = [] } = load
  const sizes = [contextTokens, batchTokens, threadCounts]
  return JSON.stringify([path, adapterPaths, sizes, gpuLayers, mainGpu, mapsFile])
}
