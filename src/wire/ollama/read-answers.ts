import type { JsonObject } from '../go-json/index.ts'

/** Native answers as a translation reads them. They come from an engine, whose JSON is taken to be what it should be. */

/** A line of chat, or its whole answer. Absent fields mean nothing, nought, or false. */
export interface ChatAnswer extends AnswerEnd {
  readonly message?: {
    readonly role?: string
    readonly content?: string
    readonly thinking?: string
    readonly tool_calls?: readonly ToolCallAnswer[]
  }
}

export interface ToolCallAnswer {
  readonly id?: string
  readonly function: {
    readonly index?: number
    readonly name: string
    readonly arguments?: JsonObject
  }
}

/** A line of generate, or its whole answer. */
export interface GenerateAnswer extends AnswerEnd {
  readonly response?: string
}

interface AnswerEnd {
  readonly model?: string
  readonly created_at?: string
  readonly done?: boolean
  readonly done_reason?: string
  readonly prompt_eval_count?: number
  readonly eval_count?: number
  readonly logprobs?: readonly JsonObject[]
  readonly _debug_info?: JsonObject
}

export interface EmbedAnswer {
  readonly embeddings?: readonly (readonly number[])[]
  readonly prompt_eval_count?: number
}

export interface TagsAnswer {
  readonly models: readonly { readonly name: string; readonly modified_at: string }[]
}

export interface ShownAnswer {
  readonly modified_at: string
}

/** Throws SyntaxError when it is no JSON. */
export function readAnswer<T>(text: string): T {
  return JSON.parse(text) as T
}

/** Seconds since 1970 of a point in time as Go prints it; undefined or unreadable is nought. */
export function unixSeconds(timestamp: string | undefined): number {
  const ms = Date.parse(timestamp ?? '')
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000)
}
