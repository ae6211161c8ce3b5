/** From Ollama's options to how a runner loads the model. Pure. */

import type { LoadOptions } from '../runner/index.ts'
import type { InstalledModel } from './ports.ts'

/** What this machine and its configuration give every load. */
export interface LoadDefaults {
  readonly contextTokens: number
  readonly parallel: number
  /** Cores of this machine that a model may use. */
  readonly cores: number
  /** Layers on the GPU; −1 leaves the choice to llama.cpp. */
  readonly gpuLayers: number
}

/** Of Ollama's options those that belong to the load; a change of one reloads the model. */
export interface LoadOverrides {
  readonly numCtx?: number
  readonly numBatch?: number
  readonly numThread?: number
  readonly numGpu?: number
  readonly mainGpu?: number
  readonly useMmap?: boolean
}

/**
 * Bounds with their reasons. `contextTokensMax`: llama.cpp hangs for half a minute on absurd sizes before it gives up.
 * `batchTokensMax`: more than this brings no speed and costs memory. `gpusMax`: llama.cpp knows 16.
 */
const limits = {
  contextTokensMin: 4,
  contextTokensMax: 1_048_576,
  batchTokensMax: 2_048,
  gpusMax: 15,
} as const

/** How a model is loaded for a request; never more threads than there are cores. */
export function loadOptionsFor(
  { weightsPath, adapterPaths }: Pick<InstalledModel, 'weightsPath' | 'adapterPaths'>,
  overrides: LoadOverrides,
  defaults: LoadDefaults,
): LoadOptions {
  const contextTokens = overrides.numCtx ?? defaults.contextTokens
  const threads = overrides.numThread ?? 0
  const { mainGpu, useMmap } = overrides
  return {
    path: weightsPath,
    ...(adapterPaths.length > 0 ? { adapterPaths } : {}),
    contextTokens: clamp(contextTokens, limits.contextTokensMin, limits.contextTokensMax),
    parallel: defaults.parallel,
    batchTokens: clamp(overrides.numBatch ?? 512, 1, limits.batchTokensMax),
    threadCounts: threads > 0 ? [Math.min(threads, defaults.cores)] : countsToTry(defaults.cores),
    gpuLayers: overrides.numGpu ?? defaults.gpuLayers,
    ...(mainGpu === undefined ? {} : { mainGpu: clamp(mainGpu, 0, limits.gpusMax) }),
    ...(useMmap === undefined ? {} : { mapsFile: useMmap }),
  }
}

/**
 * All cores but one come first: what is right when there is no time to try more. Then fewer, for memory is often the
 * bound, and at last all: the fastest where nothing else runs.
 */
function countsToTry(cores: number): number[] {
  const counts: number[] = []
  for (let count = cores - 1; count >= 1; count = Math.floor(count / 2)) counts.push(count)
  return [...counts, cores]
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(value, max))
}
