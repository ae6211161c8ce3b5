/**
 * How an endpoint words what the handlers of the native API say. Ollama's `/v1` routes are its native ones behind a
 * writer that rewords every object (its folder `middleware`); here an answer has a voice for the same purpose.
 */
import { goJson } from './json-encode.ts'

/** The fields of native objects that voices read; a line that is an error has none of them. */
export interface NativeObject {
  readonly model?: string
  readonly created_at?: string
  readonly message?: {
    readonly role: string
    readonly content: string
    readonly thinking?: string | undefined
    readonly tool_calls?: readonly ToolCall[] | undefined
  }
  readonly response?: string
  readonly done?: boolean
  readonly done_reason?: string
  readonly prompt_eval_count?: number | undefined
  readonly eval_count?: number | undefined
  readonly embeddings?: readonly (readonly number[])[]
  readonly models?: readonly { readonly name: string; readonly modified_at: string }[]
  readonly modified_at?: string
  readonly _debug_info?: unknown
}

export interface ToolCall {
  readonly id: string
  readonly function: {
    readonly index: number
    readonly name: string
    readonly arguments: Readonly<Record<string, unknown>>
  }
}

type Headers = readonly (readonly [name: string, value: string])[]

/** An error answer: its type and its body. */
export interface ErrorWording {
  readonly type: string
  readonly body: (status: number, text: string) => string
}

export interface Voice {
  /** Type of an answer that is one object. */
  readonly wholeType: string
  /** What a stream begins with. */
  readonly streamHeaders: Headers
  /** The answer that one object is. */
  whole(object: NativeObject): string
  /** What a stream tells for one object of it: one piece, several, or none. */
  piece(object: NativeObject): string
  /** What a stream tells of an error in it. */
  broken(text: string): string
  /** Text that is no object, where an object would stand. */
  framed(text: string): string
}

export const nativeErrors: ErrorWording = {
  type: 'application/json; charset=utf-8',
  body: (_, text) => goJson({ error: text }),
}

export const nativeVoice: Voice = {
  wholeType: 'application/json; charset=utf-8',
  streamHeaders: [['Content-Type', 'application/x-ndjson']],
  whole: goJson,
  piece: (object) => `${goJson(object)}\n`,
  broken: (text) => `${goJson({ error: text })}\n`,
  framed: (text) => `${text}\n`,
}
