import { decodeBase64 } from '../base64.ts'
import { goTypeOf, type JsonObject, type JsonValue } from '../go-json/index.ts'
import type { OpenaiMessage } from './chat-request.ts'
import { imageOf, isObject, type OpenaiToolCall, readArguments, unfit } from './request-fields.ts'

/** A message as Ollama's own API spells it. */
interface NativeMessage {
  readonly role: string
  readonly content?: string
  readonly thinking?: string
  /** Base64. */
  readonly images?: readonly string[]
  readonly tool_calls?: readonly object[]
  readonly tool_name?: string
  readonly tool_call_id?: string
}

/** Messages of a chat; each part of one becomes a message of its own. Source: Ollama openai/openai.go, FromChatRequest. */
export function nativeMessages(messages: readonly OpenaiMessage[]): readonly NativeMessage[] {
  const native: NativeMessage[] = []
  for (const message of messages) {
    const { role, content, reasoning: thinking, toolCallId: tool_call_id } = message
    const more = { thinking, tool_name: toolNameOf(message, messages), tool_call_id }
    if (typeof content === 'string') {
      native.push({ role, content, ...more, tool_calls: nativeCalls(message.toolCalls) })
    } else if (Array.isArray(content)) {
      for (const part of content) native.push({ role, ...nativePart(part) })
      const last = native.pop()
      if (last === undefined) continue
      const calls = message.toolCalls ?? []
      native.push(calls.length === 0 ? last : { ...last, ...more, tool_calls: nativeCalls(calls) })
    } else {
      if (message.toolCalls === undefined) {
        throw unfit(`invalid message content type: ${goTypeOf(content)}`)
      }
      native.push({ role, thinking, tool_calls: nativeCalls(message.toolCalls), tool_call_id })
    }
  }
  return native
}

/** A result names its tool, or the call that it answers; of several calls with one id the last counts. */
function toolNameOf(message: OpenaiMessage, messages: readonly OpenaiMessage[]): string {
  if (message.role.toLowerCase() !== 'tool') return ''
  if (message.name !== '' || message.toolCallId === '') return message.name
  for (const { toolCalls = [] } of messages.toReversed()) {
    const call = toolCalls.find(({ id }) => id === message.toolCallId)
    if (call !== undefined) return call.function.name
  }
  return ''
}

function nativeCalls(calls: readonly OpenaiToolCall[] = []): readonly object[] {
  return calls.map(({ id, function: { name, arguments: argumentsText } }) => {
    try {
      return { id, function: { name, arguments: readArguments(argumentsText) } }
    } catch {
      throw unfit('invalid tool call arguments')
    }
  })
}

function nativePart(part: JsonValue): Omit<NativeMessage, 'role'> {
  if (!isObject(part)) throw unfit('invalid message format')
  switch (part['type']) {
    case 'text':
      if (typeof part['text'] !== 'string') throw unfit('invalid message format')
      return { content: part['text'] }
    case 'image_url': {
      const image = part['image_url']
      const url = isObject(image) ? image['url'] : image
      if (typeof url !== 'string') throw unfit('invalid message format')
      return { images: [imageOf(url)] }
    }
    case 'input_audio':
      return { images: [audioOf(part)] }
    default:
      throw unfit('invalid message format')
  }
}

function audioOf(part: JsonObject): string {
  const audio = part['input_audio']
  if (!isObject(audio)) throw unfit('invalid input_audio format')
  const data = audio['data']
  if (typeof data !== 'string') throw unfit('invalid input_audio format: missing data')
  const decoded = decodeBase64(data)
  if (decoded.ok) return data
  throw unfit(`invalid input_audio base64 data: illegal base64 data at input byte ${decoded.badAt}`)
}
