import {
  anyMap,
  decodeStruct,
  flag,
  float,
  integer,
  type JsonObject,
  list,
  optional,
  rawJson,
  struct,
  text,
} from '../go-json/index.ts'
import { input, type ResponsesInput } from './responses-input.ts'

/** The request of `/v1/responses`. Source: Ollama openai/responses.go, ResponsesRequest. */
export interface ResponsesRequest {
  readonly model: string
  readonly background: boolean
  readonly input: ResponsesInput
  readonly instructions: string
  readonly maxOutputTokens?: number
  readonly reasoning: ResponsesReasoning
  readonly temperature?: number
  readonly text?: { readonly format?: ResponsesFormat }
  readonly topP?: number
  readonly truncation?: string
  /** Absent and empty look different in an answer. */
  readonly tools?: readonly ResponsesTool[]
  readonly stream?: boolean
}

interface ResponsesReasoning {
  readonly effort: string
  readonly summary: string
}

export interface ResponsesFormat {
  readonly type: string
  readonly name: string
  /** JSON as it came. */
  readonly schema?: string
  readonly strict?: boolean
}

/** A tool whose fields stand beside its type, where Ollama's own nest them. */
export interface ResponsesTool {
  readonly type: string
  readonly name: string
  readonly description?: string
  readonly strict?: boolean
  readonly parameters?: JsonObject
}

const tool = struct<ResponsesTool>('openai.ResponsesTool', {
  type: { name: 'type', reader: text },
  name: { name: 'name', reader: text },
  description: { name: 'description', reader: optional(text) },
  strict: { name: 'strict', reader: optional(flag) },
  parameters: { name: 'parameters', reader: optional(anyMap) },
})

const format = struct<ResponsesFormat>('openai.ResponsesTextFormat', {
  type: { name: 'type', reader: text },
  name: { name: 'name', reader: text },
  schema: { name: 'schema', reader: rawJson },
  strict: { name: 'strict', reader: optional(flag) },
})

const responsesRequest = struct<ResponsesRequest>('openai.ResponsesRequest', {
  model: { name: 'model', reader: text },
  background: { name: 'background', reader: flag },
  input: { name: 'input', reader: input },
  instructions: { name: 'instructions', reader: text },
  maxOutputTokens: { name: 'max_output_tokens', reader: optional(integer) },
  reasoning: {
    name: 'reasoning',
    reader: struct<ResponsesReasoning>('openai.ResponsesReasoning', {
      effort: { name: 'effort', reader: text },
      summary: { name: 'summary', reader: text },
    }),
  },
  temperature: { name: 'temperature', reader: optional(float('float64')) },
  text: {
    name: 'text',
    reader: optional(
      struct<{ readonly format?: ResponsesFormat }>('openai.ResponsesText', {
        format: { name: 'format', reader: optional(format) },
      }),
    ),
  },
  topP: { name: 'top_p', reader: optional(float('float64')) },
  truncation: { name: 'truncation', reader: optional(text) },
  tools: { name: 'tools', reader: optional(list(tool, '[]openai.ResponsesTool')) },
  stream: { name: 'stream', reader: optional(flag) },
})

/** Throws OD_BODY_MISSING, OD_BODY_MALFORMED. */
export function decodeResponses(bytes: Uint8Array): ResponsesRequest {
  return decodeStruct(bytes, responsesRequest)
}
