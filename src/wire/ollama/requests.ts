import { OdError } from '../../core/errors/index.ts'
import {
  anyMap,
  anything,
  decodeStruct,
  type Fields,
  flag,
  integer,
  type JsonValue,
  list,
  optional,
  type Reader,
  rawJson,
  selfReading,
  struct,
  text,
} from '../go-json/index.ts'
import { imageData, keepAlive, orderedMap, think } from './request-readers.ts'
import type {
  AnswerRequest,
  ChatRequest,
  EmbeddingsRequest,
  EmbedRequest,
  GenerateRequest,
  Message,
  ShowRequest,
  ToolCall,
  ToolCallFunction,
} from './request-types.ts'
import { tools } from './tool-readers.ts'

export type * from './request-types.ts'

/**
 * Decoders of the requests that an engine answers. All throw OD_BODY_MISSING, or OD_BODY_MALFORMED with the text that a
 * Go server gives. Names are not judged here. Source: Ollama api/types.go; fields as in ollama-api §1.4–1.7.
 */

const answerFields: Fields<AnswerRequest> = {
  model: { name: 'model', reader: text },
  format: { name: 'format', reader: { ...rawJson, read: readFormat } },
  options: { name: 'options', reader: anyMap },
  stream: { name: 'stream', reader: optional(flag) },
  think: { name: 'think', reader: think },
  keepAlive: { name: 'keep_alive', reader: keepAlive },
  truncate: { name: 'truncate', reader: optional(flag) },
  shift: { name: 'shift', reader: optional(flag) },
  logprobs: { name: 'logprobs', reader: flag },
  topLogprobs: { name: 'top_logprobs', reader: integer },
  debugRenderOnly: { name: '_debug_render_only', reader: flag },
}

/** `null` and `""` mean that no form is asked for (ollama-api §2.6). */
function readFormat(...parameters: Parameters<typeof rawJson.read>): string | undefined {
  const raw = rawJson.read(...parameters)
  return raw === 'null' || raw === '""' ? undefined : raw
}

const images = list(imageData, '[]api.ImageData')

const generateRequest = struct<GenerateRequest>('api.GenerateRequest', {
  ...answerFields,
  prompt: { name: 'prompt', reader: text },
  suffix: { name: 'suffix', reader: text },
  system: { name: 'system', reader: text },
  template: { name: 'template', reader: text },
  context: { name: 'context', reader: list(integer, '[]int') },
  raw: { name: 'raw', reader: flag },
  images: { name: 'images', reader: images },
})

const toolCallFunction = struct<ToolCallFunction>('api.ToolCallFunction', {
  index: { name: 'index', reader: integer },
  name: { name: 'name', reader: text },
  arguments: { name: 'arguments', reader: orderedMap<JsonValue>(anything) },
})

const toolCall = struct<ToolCall>('api.ToolCall', {
  id: { name: 'id', reader: text },
  function: { name: 'function', reader: toolCallFunction },
})

/** Ollama decodes a message through an alias of its type, whose name shows in errors. */
const messageAlias = struct<Message>('api.Alias', {
  role: { name: 'role', reader: text },
  content: { name: 'content', reader: text },
  thinking: { name: 'thinking', reader: text },
  images: { name: 'images', reader: images },
  toolCalls: { name: 'tool_calls', reader: list(toolCall, '[]api.ToolCall') },
  toolName: { name: 'tool_name', reader: text },
  toolCallId: { name: 'tool_call_id', reader: text },
})

/** One message of a conversation, or of a model. */
export const message: Reader<Message> = selfReading({
  ...messageAlias,
  read(node, reading) {
    const decoded = messageAlias.read(node, reading)
    return { ...decoded, role: decoded.role.toLowerCase() }
  },
})

const chatRequest = struct<ChatRequest>('api.ChatRequest', {
  ...answerFields,
  messages: { name: 'messages', reader: list(message, '[]api.Message') },
  tools: { name: 'tools', reader: tools },
})

type RawEmbedRequest = Omit<EmbedRequest, 'input'> & { readonly input: JsonValue }

const embedRequest = struct<RawEmbedRequest>('api.EmbedRequest', {
  model: { name: 'model', reader: text },
  input: { name: 'input', reader: anything },
  truncate: { name: 'truncate', reader: optional(flag) },
  dimensions: { name: 'dimensions', reader: integer },
  keepAlive: { name: 'keep_alive', reader: keepAlive },
  options: { name: 'options', reader: anyMap },
})

const embeddingsRequest = struct<EmbeddingsRequest>('api.EmbeddingRequest', {
  model: { name: 'model', reader: text },
  prompt: { name: 'prompt', reader: text },
  keepAlive: { name: 'keep_alive', reader: keepAlive },
  options: { name: 'options', reader: anyMap },
})

const showRequest: Reader<ShowRequest & { readonly name: string; readonly template: string }> =
  struct('api.ShowRequest', {
    model: { name: 'model', reader: text },
    system: { name: 'system', reader: text },
    template: { name: 'template', reader: text },
    verbose: { name: 'verbose', reader: flag },
    options: { name: 'options', reader: anyMap },
    name: { name: 'name', reader: text },
  })

/** `POST /api/generate`. */
export function decodeGenerate(bytes: Uint8Array): GenerateRequest {
  return decodeStruct(bytes, generateRequest)
}

/** `POST /api/chat`. */
export function decodeChat(bytes: Uint8Array): ChatRequest {
  return decodeStruct(bytes, chatRequest)
}

/** `POST /api/embed`. Throws OD_EMBED_INPUT when the input is neither a text nor a list of texts. */
export function decodeEmbed(bytes: Uint8Array): EmbedRequest {
  const { input, ...rest } = decodeStruct(bytes, embedRequest)
  return { ...rest, input: textsOf(input) }
}

/** `POST /api/embeddings`. */
export function decodeEmbeddings(bytes: Uint8Array): EmbeddingsRequest {
  return decodeStruct(bytes, embeddingsRequest)
}

/** `POST /api/show`. `template` is checked and dropped, as in Ollama. */
export function decodeShow(bytes: Uint8Array): ShowRequest {
  const { name, template: _, ...request } = decodeStruct(bytes, showRequest)
  return { ...request, model: request.model || name }
}

function textsOf(input: JsonValue): readonly string[] {
  if (input === null || input === '') return []
  const texts = typeof input === 'string' ? [input] : input
  if (Array.isArray(texts) && texts.every((entry) => typeof entry === 'string')) return texts
  throw new OdError('OD_EMBED_INPUT')
}
