import { Failure } from './failure.ts'

/** Go types of the options that a request may set (api/types.go, Options and Runner). */
const goTypes: Readonly<Record<string, 'integer' | 'float32' | 'boolean' | 'array'>> = {
  num_ctx: 'integer',
  num_batch: 'integer',
  num_gpu: 'integer',
  main_gpu: 'integer',
  use_mmap: 'boolean',
  num_thread: 'integer',
  num_keep: 'integer',
  seed: 'integer',
  num_predict: 'integer',
  top_k: 'integer',
  top_p: 'float32',
  min_p: 'float32',
  typical_p: 'float32',
  repeat_last_n: 'integer',
  temperature: 'float32',
  repeat_penalty: 'float32',
  presence_penalty: 'float32',
  frequency_penalty: 'float32',
  stop: 'array',
}

/** What the fake does with options: the rest is only checked. */
export interface ModelOptions {
  /** Absent when neither request nor model names one. */
  readonly numCtx: number | undefined
  /** Absent: no bound. */
  readonly numPredict: number | undefined
  readonly stop: readonly string[]
  readonly temperature: number
  readonly seed: number
}

/** Never fewer, whatever is asked. */
const numCtxMin = 4

/** Merges a model's parameters with a request's options; wrong types throw a 500 with Ollama's text. */
export function readModelOptions(
  parameters: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
): ModelOptions {
  for (const [name, value] of Object.entries(options)) check(name, value)
  const given = Object.entries(options).filter(([, value]) => value !== null)
  const merged: Record<string, unknown> = { ...parameters, ...Object.fromEntries(given) }
  const int = (name: string) => {
    const value = merged[name]
    return typeof value === 'number' ? Math.trunc(value) : undefined
  }
  const numCtx = int('num_ctx')
  const numPredict = int('num_predict')
  return {
    numCtx: numCtx === undefined ? undefined : Math.max(numCtx, numCtxMin),
    numPredict: numPredict !== undefined && numPredict > 0 ? numPredict : undefined,
    stop: Array.isArray(merged['stop']) ? (merged['stop'] as string[]) : [],
    temperature: typeof merged['temperature'] === 'number' ? merged['temperature'] : 0.8,
    seed: int('seed') ?? 0,
  }
}

function check(name: string, value: unknown): void {
  const goType = goTypes[name]
  if (goType === undefined || value === null) return // unknown ones are ignored
  const isRight = {
    integer: typeof value === 'number',
    float32: typeof value === 'number',
    boolean: typeof value === 'boolean',
    array: Array.isArray(value),
  }[goType]
  if (!isRight) throw new Failure(500, `option "${name}" must be of type ${goType}`)
  if (Array.isArray(value) && value.some((item) => typeof item !== 'string')) {
    throw new Failure(500, `option "${name}" must be of an array of strings`)
  }
}
