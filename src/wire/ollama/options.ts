import { OdError } from '../../core/errors/index.ts'

/**
 * Options of a request, or of a model's `params` layer (ollama-api §2.5). Only what was given is there; whoever merges
 * puts defaults below the model's and the model's below the request's. Source: Ollama api/types.go, Options.FromMap.
 */
export interface Options {
  readonly numCtx?: number
  readonly numBatch?: number
  readonly numGpu?: number
  readonly mainGpu?: number
  readonly useMmap?: boolean
  readonly numThread?: number
  readonly draftNumPredict?: number
  readonly numKeep?: number
  readonly seed?: number
  readonly numPredict?: number
  readonly topK?: number
  readonly topP?: number
  readonly minP?: number
  readonly typicalP?: number
  readonly repeatLastN?: number
  readonly temperature?: number
  readonly repeatPenalty?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  readonly stop?: readonly string[]
}

/** Decoded options, and the names among them that mean nothing: Ollama logs and ignores those. */
export type DecodedOptions = Options & { readonly unknown: readonly string[] }

/** Built-in values (ollama-api §1.4). `numCtx` is not among them: it depends on the machine and its settings. */
export const defaultOptions = {
  numBatch: 512,
  numGpu: -1,
  numThread: 0,
  draftNumPredict: 4,
  numKeep: 4,
  seed: -1,
  numPredict: -1,
  topK: 40,
  topP: Math.fround(0.9),
  minP: 0,
  typicalP: 1,
  repeatLastN: 64,
  temperature: Math.fround(0.8),
  repeatPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  stop: [],
} as const satisfies Options

type Kind = 'integer' | 'float32' | 'boolean' | 'array'

const known: ReadonlyMap<string, readonly [property: keyof Options, kind: Kind]> = new Map([
  ['num_ctx', ['numCtx', 'integer']],
  ['num_batch', ['numBatch', 'integer']],
  ['num_gpu', ['numGpu', 'integer']],
  ['main_gpu', ['mainGpu', 'integer']],
  ['use_mmap', ['useMmap', 'boolean']],
  ['num_thread', ['numThread', 'integer']],
  ['draft_num_predict', ['draftNumPredict', 'integer']],
  ['num_keep', ['numKeep', 'integer']],
  ['seed', ['seed', 'integer']],
  ['num_predict', ['numPredict', 'integer']],
  ['top_k', ['topK', 'integer']],
  ['top_p', ['topP', 'float32']],
  ['min_p', ['minP', 'float32']],
  ['typical_p', ['typicalP', 'float32']],
  ['repeat_last_n', ['repeatLastN', 'integer']],
  ['temperature', ['temperature', 'float32']],
  ['repeat_penalty', ['repeatPenalty', 'float32']],
  ['presence_penalty', ['presencePenalty', 'float32']],
  ['frequency_penalty', ['frequencyPenalty', 'float32']],
  ['stop', ['stop', 'array']],
])

/** All that is an option. */
export const optionNames: readonly string[] = [...known.keys()]

/** Reads options as they came. Names match exactly. Throws OD_OPTION_TYPE or OD_OPTION_STRINGS. */
export function decodeOptions(raw: Readonly<Record<string, unknown>>): DecodedOptions {
  const values: Record<string, unknown> = {}
  const unknown: string[] = []
  for (const [name, value] of Object.entries(raw)) {
    const option = known.get(name)
    if (option === undefined) unknown.push(name)
    else if (value !== null) values[option[0]] = readOption(name, value, option[1])
  }
  return { ...(values as Options), unknown }
}

/**
 * The value of an option as a Modelfile spells it, with everything that stands under that name. Undefined when it is no option,
 * or none of its kind. Source: Ollama api/types.go, FormatParams.
 */
export function readOptionTexts(name: string, texts: readonly string[]): unknown {
  const kind = known.get(name)?.[1]
  const text = texts.at(-1) ?? ''
  if (kind === 'array') return texts
  if (kind === 'boolean') return { true: true, false: false }[text.toLowerCase()]
  const isNumber = kind === 'integer' ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
  return kind !== undefined && isNumber.test(text) ? Number(text) : undefined
}

/** What Modelfiles say for older versions; it means nothing any more. Source: Ollama parser/parser.go. */
export const deprecatedOptions: readonly string[] = [
  'penalize_newline',
  'low_vram',
  'f16_kv',
  'logits_all',
  'vocab_only',
  'use_mlock',
  'mirostat',
  'mirostat_tau',
  'mirostat_eta',
]

function readOption(option: string, value: unknown, type: Kind): unknown {
  if (type === 'integer' && typeof value === 'number') return toInteger(value)
  if (type === 'float32' && typeof value === 'number') return toFloat32(value)
  if (type === 'boolean' && typeof value === 'boolean') return value
  if (type === 'array' && Array.isArray(value)) {
    if (value.every((entry) => typeof entry === 'string')) return value
    throw new OdError('OD_OPTION_STRINGS', { option })
  }
  throw new OdError('OD_OPTION_TYPE', { option, type })
}

/** The fraction is cut off; what no double counts exactly is as good as the largest that one does. */
function toInteger(value: number): number {
  const whole = Math.trunc(value)
  return Math.min(Math.max(whole, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER) + 0
}

/** Numbers beyond the largest float32 become that one, so that nobody computes with infinities. */
function toFloat32(value: number): number {
  return Math.fround(Math.min(Math.max(value, -float32Max), float32Max))
}

const float32Max = (2 - 2 ** -23) * 2 ** 127
