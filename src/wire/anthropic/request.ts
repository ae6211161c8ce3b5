import { OdError } from '../../core/errors/index.ts'
import {
  anything,
  decodeStruct,
  flag,
  float,
  integer,
  type JsonObject,
  type JsonValue,
  list,
  optional,
  type Reader,
  rawJson,
  readNested,
  struct,
  text,
} from '../go-json/index.ts'
import { orderedMap } from '../ollama/request-readers.ts'

/** The request of `/v1/messages`. Source: Ollama anthropic/anthropic.go, MessagesRequest. */
export interface MessagesRequest {
  readonly model: string
  readonly maxTokens: number
  readonly messages: readonly AnthropicMessage[]
  /** A text, a list of blocks, or nothing. */
  readonly system: JsonValue
  readonly stream: boolean
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stopSequences: readonly string[]
  readonly tools: readonly AnthropicTool[]
  readonly thinking?: { readonly type: string }
  readonly outputConfig?: OutputConfig
  /** Not of Ollama, which answers the rest of a conversation as if it were all of it. */
  readonly thread?: Thread
}

interface OutputConfig {
  readonly effort: string
  /** Not of Ollama, which lets the answer be as it may. Source: Anthropic's API, structured outputs. */
  readonly format?: OutputFormat
}

interface OutputFormat {
  readonly type: string
  /** As it was written. */
  readonly schema?: string
}

/** A conversation that the server keeps. Source: @anthropic-ai/sdk 1.14.0, lib/internal/threads/ThreadState. */
interface Thread {
  readonly type: string
  readonly previousMessageId: string
}

export interface AnthropicMessage {
  readonly role: string
  readonly content: readonly Block[]
}

/** Fields of all kinds of blocks; `type` says which of them mean something. */
export interface Block {
  readonly type: string
  readonly text?: string
  readonly source?: BlockSource
  readonly id: string
  readonly name: string
  readonly input?: JsonObject
  readonly toolUseId: string
  readonly content: JsonValue
  readonly thinking?: string
}

export interface BlockSource {
  readonly type: string
  readonly data: string
}

export interface AnthropicTool {
  readonly type: string
  readonly name: string
  readonly description: string
  /** JSON as it came. */
  readonly inputSchema?: string
}

const block = struct<Block>('anthropic.ContentBlock', {
  type: { name: 'type', reader: text },
  text: { name: 'text', reader: optional(text) },
  source: {
    name: 'source',
    reader: optional(
      struct<BlockSource>('anthropic.ImageSource', {
        type: { name: 'type', reader: text },
        data: { name: 'data', reader: text },
      }),
    ),
  },
  id: { name: 'id', reader: text },
  name: { name: 'name', reader: text },
  input: { name: 'input', reader: optional(orderedMap<JsonValue>(anything)) },
  toolUseId: { name: 'tool_use_id', reader: text },
  content: { name: 'content', reader: anything },
  thinking: { name: 'thinking', reader: optional(text) },
})

const blocks = list(block, '[]anthropic.ContentBlock')

/** A plain text counts as a block of one. */
const blocksOrText: Reader<readonly Block[]> = {
  ...blocks,
  read(node, reading) {
    if (node.kind !== 'string') return blocks.read(node, reading)
    return [{ ...block.zero, type: 'text', text: node.value }]
  },
}

const messageFields = struct<AnthropicMessage>('anthropic.MessageParam', {
  role: { name: 'role', reader: text },
  content: { name: 'content', reader: blocksOrText },
})

/** It reads itself, so that its first failure ends the reading. */
const message: Reader<AnthropicMessage> = {
  ...messageFields,
  read: (node, reading) => readNested(messageFields, node, reading),
}

const tool = struct<AnthropicTool>('anthropic.Tool', {
  type: { name: 'type', reader: text },
  name: { name: 'name', reader: text },
  description: { name: 'description', reader: text },
  inputSchema: { name: 'input_schema', reader: rawJson },
})

const messagesRequest = struct<MessagesRequest>('anthropic.MessagesRequest', {
  model: { name: 'model', reader: text },
  maxTokens: { name: 'max_tokens', reader: integer },
  messages: { name: 'messages', reader: list(message, '[]anthropic.MessageParam') },
  system: { name: 'system', reader: anything },
  stream: { name: 'stream', reader: flag },
  temperature: { name: 'temperature', reader: optional(float('float64')) },
  topP: { name: 'top_p', reader: optional(float('float64')) },
  topK: { name: 'top_k', reader: optional(integer) },
  stopSequences: { name: 'stop_sequences', reader: list(text, '[]string') },
  tools: { name: 'tools', reader: list(tool, '[]anthropic.Tool') },
  thinking: {
    name: 'thinking',
    reader: optional(
      struct<{ readonly type: string }>('anthropic.ThinkingConfig', {
        type: { name: 'type', reader: text },
      }),
    ),
  },
  outputConfig: {
    name: 'output_config',
    reader: optional(
      struct<OutputConfig>('anthropic.OutputConfig', {
        effort: { name: 'effort', reader: text },
        format: {
          name: 'format',
          reader: optional(
            struct<OutputFormat>('anthropic.OutputFormat', {
              type: { name: 'type', reader: text },
              schema: { name: 'schema', reader: rawJson },
            }),
          ),
        },
      }),
    ),
  },
  thread: {
    name: 'thread',
    reader: optional(
      struct<Thread>('anthropic.Thread', {
        type: { name: 'type', reader: text },
        previousMessageId: { name: 'previous_message_id', reader: text },
      }),
    ),
  },
})

/** Throws OD_BODY_MISSING, OD_BODY_MALFORMED, OD_THREAD_UNKNOWN. */
export function decodeMessages(bytes: Uint8Array): MessagesRequest {
  const request = decodeStruct(bytes, messagesRequest)
  if (request.model === '') throw unfit('model is required')
  if (request.maxTokens <= 0) throw unfit('max_tokens is required and must be positive')
  if (request.messages.length === 0) throw unfit('messages is required')
  if (request.thread?.type === 'continue') {
    throw new OdError('OD_THREAD_UNKNOWN', { message: request.thread.previousMessageId })
  }
  return request
}

/** A request that the translation itself refuses, with 400 and these words. */
export function unfit(reason: string): OdError {
  return new OdError('OD_BODY_MALFORMED', { reason })
}
