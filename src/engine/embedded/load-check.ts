/** Looks at a model before a runner is started for it: is its file sound, and will it fit into memory? */
import { OdError } from '../../core/errors/index.ts'
import { withFileReader } from '../../sys/files.ts'
import { type GgufHeader, ggufInteger, ggufText, readGgufHeader } from '../../wire/gguf/index.ts'
import type { LoadOptions } from '../runner/index.ts'

/** What a runner needs beside weights and cache: the process, the libraries and the buffers of one step. */
const runnerOverheadBytes = 192 * 1024 * 1024

/** Keys and values are kept in half precision. */
const cacheElementBytes = 2

/** How a model is loaded so that it fits, and what it takes then. */
export interface FittedLoad {
  readonly load: LoadOptions
  readonly bytes: number
}

/**
 * Fits the load into `memoryBytes`: with half as many sequences, and half of these, where their caches would not fit.
 * Throws `OD_GGUF_INVALID` for a file that could abort llama.cpp, `OD_MODEL_MEMORY` when it does not fit even with one
 * sequence, the system's error when the file cannot be read.
 */
export function fitLoad(load: LoadOptions, memoryBytes: number): FittedLoad {
  const { header, sizeBytes } = withFileReader(load.path, (read, size) => ({
    header: readGgufHeader(read, size),
    sizeBytes: size,
  }))
  const adapterBytes = (load.adapterPaths ?? []).reduce((sum, path) => sum + soundBytes(path), 0)
  for (let { parallel } = load; ; parallel = Math.floor(parallel / 2)) {
    const fitted = { ...load, parallel }
    const bytes = memoryNeeded(header, sizeBytes + adapterBytes, fitted)
    if (bytes <= memoryBytes) return { load: fitted, bytes }
    if (parallel > 1) continue
    const [needed, available] = [binarySize(bytes), binarySize(memoryBytes)]
    throw new OdError('OD_MODEL_MEMORY', { needed, available })
  }
}

/** Size of an adapter whose header is sound. Throws `OD_GGUF_INVALID`. */
function soundBytes(path: string): number {
  return withFileReader(path, (read, size) => {
    readGgufHeader(read, size)
    return size
  })
}

/**
 * Bytes that a loaded model takes: its weights, and for every token of every sequence a key and a value per layer and
 * head. As Ollama reckons it (llm/memory.go): 2 · layers · kv heads · head width · tokens · 2 bytes.
 */
export function memoryNeeded(header: GgufHeader, weightsBytes: number, load: LoadOptions): number {
  const architecture = ggufText(header, 'general.architecture') ?? ''
  const number = (key: string) => ggufInteger(header, `${architecture}.${key}`)
  const heads = number('attention.head_count') ?? 0
  const headWidth =
    number('attention.key_length') ?? (heads > 0 ? (number('embedding_length') ?? 0) / heads : 0)
  const kvHeads = number('attention.head_count_kv') ?? heads
  const trained = number('context_length') ?? load.contextTokens
  const tokens = Math.min(load.contextTokens, trained) * load.parallel
  const layers = number('block_count') ?? 0
  const cacheBytes = 2 * layers * kvHeads * headWidth * tokens * cacheElementBytes
  return weightsBytes + cacheBytes + runnerOverheadBytes
}

/** As Ollama prints memory (format/bytes.go, HumanBytes2). */
function binarySize(bytes: number): string {
  const units = ['GiB', 'MiB', 'KiB']
  const sizes = [2 ** 30, 2 ** 20, 2 ** 10]
  const index = sizes.findIndex((size) => bytes >= size)
  return index < 0 ? `${bytes} B` : `${(bytes / (sizes[index] ?? 1)).toFixed(1)} ${units[index]}`
}
