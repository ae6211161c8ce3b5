import {
  anything,
  compactJson,
  decodeStruct,
  encodeGoJson,
  flag,
  float,
  integer,
  type JsonObject,
  type JsonValue,
  list,
  optional,
  RawJson,
  rawJson,
  struct,
  text,
} from '../go-json/index.ts'
import { tools } from '../ollama/tool-readers.ts'
import { nativeMessages } from './chat-messages.ts'
import {
  type OpenaiToolCall,
  type StreamOptions,
  stopsOf,
  streamOptions,
  toolCalls,
  unfit,
} from './request-fields.ts'

/** The request of `/v1/chat/completions`. Source: Ollama openai/openai.go, ChatCompletionRequest and FromChatRequest. */

export interface OpenaiMessage {
  readonly role: string
  /** A text, a list of parts, or nothing. */
  readonly content: JsonValue
  readonly reasoning: string
  readonly toolCalls?: readonly OpenaiToolCall[]
  readonly name: string
  readonly toolCallId: string
}

export interface ChatCompletionRequest {
  readonly model: string
  readonly messages: readonly OpenaiMessage[]
  readonly stream: boolean
  readonly streamOptions?: StreamOptions
  readonly maxTokens?: number
  readonly seed?: number
  readonly stop: JsonValue
  readonly temperature?: number
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  readonly topP?: number
  readonly responseFormat?: ResponseFormat
  readonly tools: readonly JsonObject[]
  readonly reasoning?: { readonly effort: string }
  readonly reasoningEffort?: string
  readonly logprobs?: boolean
  readonly topLogprobs: number
  readonly debugRenderOnly: boolean
}

interface ResponseFormat {
  readonly type: string
  readonly jsonSchema?: JsonSchema
}

interface JsonSchema {
  readonly schema?: string
}

const message = struct<OpenaiMessage>('openai.Message', {
  role: { name: 'role', reader: text },
  content: { name: 'content', reader: anything },
  reasoning: { name: 'reasoning', reader: text },
  toolCalls: { name: 'tool_calls', reader: optional(toolCalls) },
  name: { name: 'name', reader: text },
  toolCallId: { name: 'tool_call_id', reader: text },
})

const jsonSchema = struct<JsonSchema>('openai.JsonSchema', {
  schema: { name: 'schema', reader: rawJson },
})

const responseFormat = struct<ResponseFormat>('openai.ResponseFormat', {
  type: { name: 'type', reader: text },
  jsonSchema: { name: 'json_schema', reader: optional(jsonSchema) },
})

const reasoning = struct<{ readonly effort: string }>('openai.Reasoning', {
  effort: { name: 'effort', reader: text },
})

const chatCompletionRequest = struct<ChatCompletionRequest>('openai.ChatCompletionRequest', {
  model: { name: 'model', reader: text },
  messages: { name: 'messages', reader: list(message, '[]openai.Message') },
  stream: { name: 'stream', reader: flag },
  streamOptions: { name: 'stream_options', reader: optional(streamOptions) },
  maxTokens: { name: 'max_tokens', reader: optional(integer) },
  seed: { name: 'seed', reader: optional(integer) },
  stop: { name: 'stop', reader: anything },
  temperature: { name: 'temperature', reader: optional(float('float64')) },
  frequencyPenalty: { name: 'frequency_penalty', reader: optional(float('float64')) },
  presencePenalty: { name: 'presence_penalty', reader: optional(float('float64')) },
  topP: { name: 'top_p', reader: optional(float('float64')) },
  responseFormat: { name: 'response_format', reader: optional(responseFormat) },
  tools: { name: 'tools', reader: tools },
  reasoning: { name: 'reasoning', reader: optional(reasoning) },
  reasoningEffort: { name: 'reasoning_effort', reader: optional(text) },
  logprobs: { name: 'logprobs', reader: optional(flag) },
  topLogprobs: { name: 'top_logprobs', reader: integer },
  debugRenderOnly: { name: '_debug_render_only', reader: flag },
})

/** Throws OD_BODY_MISSING, OD_BODY_MALFORMED. */
export function decodeChatCompletion(bytes: Uint8Array): ChatCompletionRequest {
  const request = decodeStruct(bytes, chatCompletionRequest)
  if (request.messages.length === 0) throw unfit("[] is too short - 'messages'")
  return request
}

/** The native request, as JSON. Absent temperature and top_p become 1, whatever the model says. */
export function nativeChat(request: ChatCompletionRequest): string {
  const { model, stream, tools: offered, topLogprobs } = request
  return encodeGoJson({
    model,
    messages: nativeMessages(request.messages),
    format: formatOf(request.responseFormat),
    options: {
      stop: stopsOf(request.stop, false),
      num_predict: request.maxTokens,
      temperature: request.temperature ?? 1,
      seed: request.seed,
      frequency_penalty: request.frequencyPenalty,
      presence_penalty: request.presencePenalty,
      top_p: request.topP ?? 1,
    },
    stream,
    tools: offered,
    think: thinkOf(request),
    logprobs: request.logprobs,
    top_logprobs: topLogprobs,
    _debug_render_only: request.debugRenderOnly,
  })
}

/** Old clients ask for an object without saying which; unknown types ask for nothing. */
function formatOf(format: ResponseFormat | undefined): JsonValue | RawJson | undefined {
  const type = format?.type.trim().toLowerCase()
  if (type === 'json_object') return 'json'
  const schema = format?.jsonSchema?.schema
  return type === 'json_schema' && schema !== undefined
    ? new RawJson(compactJson(schema))
    : undefined
}

const efforts = ['high', 'medium', 'low', 'max', 'none']

function thinkOf({ reasoning: asked, reasoningEffort }: ChatCompletionRequest) {
  const effort = asked?.effort ?? reasoningEffort ?? ''
  if (effort === '') return undefined
  if (!efforts.includes(effort)) {
    throw unfit(
      `invalid reasoning value: '${effort}' (must be "high", "medium", "low", "max", or "none")`,
    )
  }
  return effort === 'none' ? false : effort
}
