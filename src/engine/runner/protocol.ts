/**
 * What an engine and a runner say to each other, over the child process channel (structured clone). Token level: texts,
 * templates, stop strings and Ollama's shapes are the engine's; the runner knows a model, tokens and sequences.
 */
import type { SamplingOptions } from './llama/sampler.ts'
import type { SavedSequence } from './sequence-file.ts'

export type { SamplingOptions } from './llama/sampler.ts'

/** How a model is loaded. One runner loads one model once. */
export interface LoadOptions {
  readonly path: string
  /** LoRA adapters that change its weights; absent: none. */
  readonly adapterPaths?: readonly string[]
  /** Tokens one request may use, prompt and answer together. */
  readonly contextTokens: number
  /** Requests that are worked on at the same time. */
  readonly parallel: number
  /** Tokens of one decode call. */
  readonly batchTokens: number
  /** Numbers of threads to choose from by measuring, in the order in which they are tried; one: no choice. */
  readonly threadCounts: readonly number[]
  /** Layers on the GPU; −1 leaves the choice to llama.cpp. */
  readonly gpuLayers: number
  /** The GPU that has what is not divided among several; absent: the first. */
  readonly mainGpu?: number
  /** Whether the file is mapped, and read as it is needed; absent: llama.cpp's choice. */
  readonly mapsFile?: boolean
}

/** Facts about the model that only its loader knows. */
export interface ModelFacts {
  readonly trainedContextTokens: number
  /** The context that was made: never above what the model was trained for. */
  readonly contextTokens: number
  readonly vocabularySize: number
  readonly beginText: string
  readonly endText: string
  readonly hasDecoder: boolean
}

/** One answer to make. `id` names it in all replies; the engine chooses it. */
export interface GenerateOptions {
  readonly id: number
  readonly tokens: readonly number[]
  /**
   * Tokens of the answer that were made before, elsewhere or in another life: they are told again, without log
   * probabilities, and the answer goes on behind them as if it had never been cut.
   */
  readonly made?: readonly number[]
  /** Tokens to make at most, those made before included; a context that may not shift ends an answer earlier. */
  readonly tokensMax: number
  /** When the context is full: half of it makes room, but for its first `numKeep` tokens; absent, the answer ends. */
  readonly shift?: { readonly numKeep: number }
  /** How many of the likeliest tokens are told beside each token; absent, no log probabilities are. */
  readonly topLogprobs?: number
  readonly sampling: SamplingOptions
}

/**
 * `grammar`: the grammar is none, or beyond what llama.cpp takes; `resume`: the answer cannot go on behind the tokens made
 * before; `other`: the reason says it.
 */
export type FailCause = 'grammar' | 'resume' | 'other'

/** `stop`: the model ended it; `length`: a limit did; `cancelled`: `cancel` did. */
export type EndReason = 'stop' | 'length' | 'cancelled'

/** A token, its bytes and its log probability. */
export interface TokenLogprob {
  readonly piece: Uint8Array
  readonly logprob: number
}

/** The token that was drawn, and the likeliest at its place, likeliest first. */
export interface DrawnLogprob extends TokenLogprob {
  readonly top: readonly TokenLogprob[]
}

/** Measured times and counts of one answer. */
export interface Counters {
  readonly promptTokens: number
  /** Of those, how many were still in memory from an earlier request. */
  readonly reusedTokens: number
  readonly promptMs: number
  readonly madeTokens: number
  readonly madeMs: number
}

/** The runner's own counts since its start. */
export interface RunnerStats {
  /** Threads that a step uses at present. */
  readonly threads: number
  /** Requests in work or waiting. */
  readonly active: number
  readonly waiting: number
  readonly decodes: number
  readonly tokensEvaluated: number
  readonly tokensMade: number
  readonly cancelled: number
  readonly residentBytes: number
}

/** A sequence of the context: who works in it and what it holds. */
export interface SlotFacts {
  readonly slot: number
  readonly busy: boolean
  /** Tokens in memory. */
  readonly tokens: number
  /** Milliseconds since an answer ended in it; 0 while one is made; absent when none ever did. */
  readonly idleMs?: number
  /** Names of the starts that another prompt could reuse; see `prefix-hashes.ts`. */
  readonly prefixHashes: readonly string[]
}

/** What the engine asks; `call` numbers a question so that its reply can be told apart. */
export type Question =
  | { readonly type: 'probe' }
  | { readonly type: 'load'; readonly options: LoadOptions }
  | { readonly type: 'tokenize'; readonly text: string; readonly addSpecial: boolean }
  | { readonly type: 'detokenize'; readonly tokens: readonly number[] }
  | { readonly type: 'embed'; readonly inputs: readonly (readonly number[])[] }
  | { readonly type: 'stats' }
  /** `salt` goes into the hashes: what a token list means depends on the weights. */
  | { readonly type: 'slots'; readonly salt: string }
  | {
      readonly type: 'saveSequence'
      readonly slot: number
      readonly folder: string
      readonly weights: string
    }
  | {
      readonly type: 'loadSequence'
      readonly name: string
      readonly folder: string
      readonly weights: string
    }

/** Answer to each kind of question. */
export interface Answers {
  /** The version of llama.cpp, once it was opened and its struct layouts were found right. */
  probe: string
  load: ModelFacts
  tokenize: number[]
  detokenize: Uint8Array
  /** One vector per input, as the model's pooling gives it, not normalised. */
  embed: Float32Array[]
  stats: RunnerStats
  slots: readonly SlotFacts[]
  saveSequence: SavedSequence
  /** Which slot it is in, and how many tokens that holds. */
  loadSequence: { readonly slot: number; readonly tokens: number }
}

/** What is refused by its own name; everything else is a load that failed. */
export type RefusalCode =
  | 'OD_SEQUENCE_UNSAVED'
  | 'OD_SEQUENCE_MISSING'
  | 'OD_SEQUENCE_DAMAGED'
  | 'OD_SEQUENCE_FOREIGN'
  | 'OD_SEQUENCE_NO_ROOM'

export type ToRunner =
  | { readonly type: 'ask'; readonly call: number; readonly question: Question }
  | { readonly type: 'generate'; readonly options: GenerateOptions }
  | { readonly type: 'cancel'; readonly id: number }

export type FromRunner =
  /** What one step brought, in order. */
  | { readonly type: 'step'; readonly messages: readonly FromRunner[] }
  | { readonly type: 'answer'; readonly call: number; readonly value: Answers[keyof Answers] }
  /** `code`: of the catalogue's errors the one that names it; they take a reason, or nothing. */
  | {
      readonly type: 'refuse'
      readonly call: number
      readonly reason: string
      readonly code?: RefusalCode
    }
  | {
      readonly type: 'token'
      readonly id: number
      readonly token: number
      readonly piece: Uint8Array
      readonly logprob: DrawnLogprob | undefined
    }
  | {
      readonly type: 'end'
      readonly id: number
      readonly reason: EndReason
      readonly counters: Counters
    }
  | {
      readonly type: 'fail'
      readonly id: number
      readonly reason: string
      readonly cause: FailCause
    }
