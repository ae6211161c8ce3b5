/** Requests of `/v1/chat/completions`. */
import type { Clock } from '../../../sys/clock.ts'
import type { Call } from '../call.ts'
import { Failure } from '../failure.ts'
import { handleChat } from '../inference.ts'
import {
  type Decoded,
  decodeBody,
  goAny,
  goBool,
  goFloat,
  goInt,
  goMap,
  goString,
  goStructs,
} from '../json-decode.ts'
import { isRecord, stringIn } from '../json-values.ts'
import { ChatStreamVoice, wholeChatVoice } from './chat-voice.ts'
import { imageOf, isBase64 } from './images.ts'
import { answerTranslated, type Translated } from './translated.ts'

const callFields = { id: goString, function: goMap }
const messageFields = {
  role: goString,
  content: goAny,
  reasoning: goString,
  tool_calls: goStructs('[]openai.ToolCall', 'openai.ToolCall', callFields),
  name: goString,
  tool_call_id: goString,
}

export const samplingFields = {
  stream: goBool,
  stream_options: goMap,
  max_tokens: goInt,
  seed: goInt,
  stop: goAny,
  temperature: goFloat,
  frequency_penalty: goFloat,
  presence_penalty: goFloat,
  top_p: goFloat,
}

const fields = {
  ...samplingFields,
  model: goString,
  messages: goStructs('[]openai.Message', 'openai.Message', messageFields),
  response_format: goMap,
  tools: goStructs('[]api.Tool', 'api.Tool', { type: goString, function: goMap }),
  reasoning: goMap,
  reasoning_effort: goString,
  logprobs: goBool,
  top_logprobs: goInt,
  _debug_render_only: goBool,
}

type Request = Decoded<typeof fields>
type Message = NonNullable<Request['messages']>[number]

export function handleChatCompletions(call: Call): Promise<void> {
  const translate = (body: Buffer) => translateChat(body, call.server.clock)
  return answerTranslated(call, translate, handleChat)
}

function translateChat(body: Buffer, clock: Clock): Translated {
  const request = decodeBody(body, 'ChatCompletionRequest', fields, 'openai')
  const { messages = [], stream = false } = request
  if (messages.length === 0) throw new Failure(400, "[] is too short - 'messages'")
  const native = {
    model: request.model,
    messages: messages.flatMap((message) => nativeMessages(message, messages)),
    format: formatOf(request.response_format),
    options: { ...samplingOptions(request), stop: looseStops(request.stop) },
    stream,
    tools: request.tools,
    think: thinkOf(request),
    logprobs: request.logprobs,
    top_logprobs: request.top_logprobs,
    _debug_render_only: request['_debug_render_only'],
  }
  const tellsUsage = request.stream_options?.['include_usage'] === true
  return { body: native, voice: stream ? new ChatStreamVoice(tellsUsage, clock) : wholeChatVoice() }
}

/** What is absent is set: unlike the native API's, these defaults win over the model's own parameters. */
export function samplingOptions(request: Decoded<typeof samplingFields>): Record<string, unknown> {
  return {
    num_predict: request.max_tokens,
    temperature: request.temperature ?? 1,
    seed: request.seed,
    frequency_penalty: request.frequency_penalty,
    presence_penalty: request.presence_penalty,
    top_p: request.top_p ?? 1,
  }
}

/** One string or several; what is neither is passed over here, and refused by completions. */
function looseStops(stop: unknown): string[] | undefined {
  if (typeof stop === 'string') return [stop]
  return Array.isArray(stop) ? stop.filter((one) => typeof one === 'string') : undefined
}

/** Each part of a content becomes a message of its own. */
function nativeMessages(message: Message, all: readonly Message[]): Record<string, unknown>[] {
  const { role = '', content, reasoning, tool_calls: calls, tool_call_id: callId } = message
  const isTool = role.toLowerCase() === 'tool'
  const more = {
    thinking: reasoning,
    tool_calls: calls?.map(nativeCall),
    tool_name: isTool ? message.name || nameOfCall(callId, all) : undefined,
    tool_call_id: callId,
  }
  if (typeof content === 'string') return [{ role, content, ...more }]
  if (!Array.isArray(content)) {
    if (calls !== undefined) return [{ role, ...more }]
    throw new Failure(400, `invalid message content type: ${goTypeOf(content)}`)
  }
  const parts: Record<string, unknown>[] = content.map((part: unknown) => ({
    role,
    ...nativePart(part),
  }))
  const last = parts.pop()
  if (last === undefined) return []
  return [...parts, calls === undefined ? last : { ...last, ...more }]
}

function nativePart(part: unknown): Record<string, unknown> {
  if (!isRecord(part)) throw invalidMessage()
  const { type } = part
  if (type === 'text' && typeof part['text'] === 'string') return { content: part['text'] }
  if (type === 'image_url') {
    const { image_url: image } = part
    const url = isRecord(image) ? image['url'] : image
    if (typeof url === 'string') return { images: [imageOf(url)] }
  }
  if (type === 'input_audio') return { images: [audioOf(part['input_audio'])] }
  throw invalidMessage()
}

function audioOf(audio: unknown): string {
  if (!isRecord(audio)) throw new Failure(400, 'invalid input_audio format')
  const { data } = audio
  if (typeof data !== 'string') throw new Failure(400, 'invalid input_audio format: missing data')
  if (!isBase64(data)) throw new Failure(400, 'invalid input_audio base64 data')
  return data
}

function invalidMessage(): Failure {
  return new Failure(400, 'invalid message format')
}

function nativeCall({ id, function: { name, arguments: text } = {} }: Decoded<typeof callFields>) {
  try {
    return { id, function: { name, arguments: JSON.parse(String(text)) as unknown } }
  } catch {
    throw new Failure(400, 'invalid tool call arguments')
  }
}

/** Who was called by an id; the last one counts. */
function nameOfCall(id: string | undefined, messages: readonly Message[]): unknown {
  const calls = messages.flatMap(({ tool_calls: made = [] }) => made)
  return calls.findLast((call) => call.id === id && id !== '')?.function?.['name']
}

function formatOf(format: Request['response_format']): unknown {
  const type = stringIn(format?.['type']).trim().toLowerCase()
  if (type === 'json_object') return 'json'
  if (type !== 'json_schema') return undefined
  const schema = format?.['json_schema']
  return isRecord(schema) ? schema['schema'] : undefined
}

const efforts = ['high', 'medium', 'low', 'max', 'none']

function thinkOf({ reasoning, reasoning_effort: flat }: Request): boolean | string | undefined {
  const nested = reasoning === undefined ? flat : reasoning['effort']
  const effort = typeof nested === 'string' ? nested : ''
  if (effort === '') return undefined
  if (efforts.includes(effort)) return effort === 'none' ? false : effort
  const words = '"high", "medium", "low", "max", or "none"'
  throw new Failure(400, `invalid reasoning value: '${effort}' (must be ${words})`)
}

function goTypeOf(value: unknown): string {
  if (value === undefined || value === null) return '<nil>'
  if (typeof value === 'number') return 'float64'
  return typeof value === 'boolean' ? 'bool' : 'map[string]interface {}'
}
