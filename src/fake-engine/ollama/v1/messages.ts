/** Requests of `/v1/messages`. */
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
import { isBase64 } from './images.ts'
import { MessageStreamVoice, wholeMessageVoice } from './messages-voice.ts'
import { answerTranslated, type Translated } from './translated.ts'

const fields = {
  model: goString,
  max_tokens: goInt,
  messages: goStructs('[]anthropic.MessageParam', 'anthropic.MessageParam', {
    role: goString,
    content: goAny,
  }),
  system: goAny,
  stream: goBool,
  temperature: goFloat,
  top_p: goFloat,
  top_k: goInt,
  stop_sequences: goAny,
  tools: goStructs('[]anthropic.Tool', 'anthropic.Tool', {
    name: goString,
    description: goString,
    input_schema: goMap,
  }),
  thinking: goMap,
  output_config: goMap,
}

type Request = Decoded<typeof fields>
type NativeMessage = Record<string, unknown>
type Block = Readonly<Record<string, unknown>>

export function handleMessages(call: Call): Promise<void> {
  return answerTranslated(call, translateMessages, (native) => handleChat(native, true))
}

function translateMessages(body: Buffer): Translated {
  const request = decodeBody(body, 'MessagesRequest', fields, 'anthropic')
  const { model = '', max_tokens: limit = 0, messages = [], stream = false, tools } = request
  if (model === '') throw new Failure(400, 'model is required')
  if (limit <= 0) throw new Failure(400, 'max_tokens is required and must be positive')
  if (messages.length === 0) throw new Failure(400, 'messages is required')
  const system = textOf(request.system)
  const turns = messages.flatMap(({ role = '', content }) => nativeMessages(role, content))
  const native = {
    model,
    messages: system === '' ? turns : [{ role: 'system', content: system }, ...turns],
    options: {
      num_predict: limit,
      temperature: request.temperature,
      top_p: request.top_p,
      top_k: request.top_k,
      stop: request.stop_sequences,
    },
    stream,
    tools: tools?.map(({ name, description, input_schema: parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    })),
    think: thinkOf(request),
  }
  const voice = stream ? new MessageStreamVoice(model, estimate(request)) : wholeMessageVoice()
  return { body: native, voice }
}

/** A string, or the text blocks of a list. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const blocks = Array.isArray(content) ? content.filter(isRecord) : []
  return blocks.flatMap(({ type, text }) => (type === 'text' ? stringIn(text) : [])).join('')
}

/** Results of tools come before what the user says beside them, and after what anyone else does. */
function nativeMessages(role: string, content: unknown): NativeMessage[] {
  if (typeof content === 'string') return [{ role: role.toLowerCase(), content }]
  const blocks: readonly Block[] = Array.isArray(content) ? content.filter(isRecord) : []
  const ofType = (type: string) => blocks.filter((block) => block['type'] === type)
  const results = ofType('tool_result').map((block) => ({
    role: 'tool',
    content: textOf(block['content']),
    tool_call_id: block['tool_use_id'],
  }))
  const text = textOf(content)
  const images = ofType('image').map(({ source }) => imageIn(source))
  const calls = ofType('tool_use').map(callIn)
  const thinking = ofType('thinking').at(-1)?.['thinking']
  const isSaid = text !== '' || images.length > 0 || calls.length > 0 || Boolean(thinking)
  const said = { role: role.toLowerCase(), content: text, images, tool_calls: calls, thinking }
  if (role.toLowerCase() === 'user') return [...results, ...(isSaid ? [said] : [])]
  return [...(isSaid ? [said] : []), ...results]
}

function imageIn(source: unknown): string {
  if (!isRecord(source)) throw new Failure(400, 'invalid image source')
  const { type = '', data } = source
  if (type !== 'base64') {
    const text = `invalid image source type: ${stringIn(type)}. Only base64 images are supported.`
    throw new Failure(400, text)
  }
  if (typeof data === 'string' && isBase64(data)) return data
  throw new Failure(400, 'invalid base64 image data')
}

function callIn({ id, name, input }: Block): NativeMessage {
  if (!id) throw new Failure(400, "tool_use block missing required 'id' field")
  if (!name) throw new Failure(400, "tool_use block missing required 'name' field")
  return { id, function: { name, arguments: input } }
}

function thinkOf({ thinking, output_config: output }: Request): boolean | string | undefined {
  if (thinking?.['type'] === 'enabled') return true
  if (thinking?.['type'] === 'disabled') return false
  const effort = stringIn(output?.['effort']).trim().toLowerCase()
  if (effort === 'xhigh') return 'high'
  return ['high', 'medium', 'low', 'max'].includes(effort) ? effort : undefined
}

/** A stream begins before the tokens are counted: a quarter of the characters stands for them. */
function estimate({ messages = [], system, tools = [] }: Request): number {
  const said = messages.map(({ role = '', content }) => role + textOf(content)).join('')
  const described = tools.map(({ name = '', description = '', input_schema: schema }) =>
    [name, description, schema === undefined ? '' : JSON.stringify(schema)].join(''),
  )
  const bytes = Buffer.byteLength(textOf(system) + said + described.join(''))
  return Math.max(Math.floor(bytes / 4), 1)
}
