import type { JsonObject } from '../go-json/index.ts'

/**
 * Requests as they mean, not as they are spelt. Absent strings are empty, absent lists are empty; what Ollama tells from
 * absent (`stream`, `think`, `keepAlive` …) is optional. Source: Ollama api/types.go.
 */

/** Milliseconds a model stays loaded after its last request; `Infinity`: for ever. */
export type KeepAlive = number

/** `true`, or how much. */
export type Think = boolean | 'high' | 'medium' | 'low' | 'max'

/** What generate and chat have in common. */
export interface AnswerRequest {
  /** As the client spelt it; answers repeat it. */
  readonly model: string
  /** JSON text of `"json"` or of a schema, as it came; absent when off (`null` and `""` are off). */
  readonly format?: string
  /** Raw options; `decodeOptions` reads them. */
  readonly options: JsonObject
  /** Absent means yes. */
  readonly stream?: boolean
  readonly think?: Think
  readonly keepAlive?: KeepAlive
  /** Absent means yes. */
  readonly truncate?: boolean
  /** Absent means yes. */
  readonly shift?: boolean
  readonly logprobs: boolean
  readonly topLogprobs: number
  readonly debugRenderOnly: boolean
}

/** `POST /api/generate`. */
export interface GenerateRequest extends AnswerRequest {
  readonly prompt: string
  readonly suffix: string
  /** Decoded bytes. */
  readonly images: readonly Uint8Array[]
  readonly system: string
  readonly template: string
  /** Token ids of an earlier answer. */
  readonly context: readonly number[]
  readonly raw: boolean
}

/** `POST /api/chat`. */
export interface ChatRequest extends AnswerRequest {
  readonly messages: readonly Message[]
  /** What Ollama keeps of each tool, in the order and with the keys in which it prints them. */
  readonly tools: readonly JsonObject[]
}

/** One message of a conversation. */
export interface Message {
  /** In lower case. */
  readonly role: string
  readonly content: string
  readonly thinking: string
  readonly images: readonly Uint8Array[]
  readonly toolCalls: readonly ToolCall[]
  readonly toolName: string
  readonly toolCallId: string
}

/** A call of a tool that a model made. */
export interface ToolCall {
  readonly id: string
  readonly function: ToolCallFunction
}

export interface ToolCallFunction {
  readonly index: number
  readonly name: string
  readonly arguments: JsonObject
}

/** `POST /api/embed`. */
export interface EmbedRequest {
  readonly model: string
  /** Each text is embedded on its own; empty when the client sent none, or an empty one. */
  readonly input: readonly string[]
  readonly truncate?: boolean
  /** 0: all that the model has. */
  readonly dimensions: number
  readonly keepAlive?: KeepAlive
  readonly options: JsonObject
}

/** `POST /api/embeddings`, the older single form. */
export interface EmbeddingsRequest {
  readonly model: string
  readonly prompt: string
  readonly keepAlive?: KeepAlive
  readonly options: JsonObject
}

/** `POST /api/show`. */
export interface ShowRequest {
  /** `model`, or the older `name` where that is empty. */
  readonly model: string
  readonly system: string
  readonly verbose: boolean
  readonly options: JsonObject
}
