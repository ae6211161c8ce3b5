/** Requests of `/v1/responses`. */
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
import { imageOf } from './images.ts'
import { ResponseStreamVoice, wholeResponseVoice } from './responses-voice.ts'
import { answerTranslated, type Translated } from './translated.ts'

const fields = {
  model: goString,
  background: goBool,
  input: goAny,
  instructions: goString,
  max_output_tokens: goInt,
  reasoning: goMap,
  temperature: goFloat,
  text: goMap,
  top_p: goFloat,
  truncation: goString,
  tools: goStructs('[]openai.ResponsesTool', 'openai.ResponsesTool', {
    type: goString,
    name: goString,
    description: goString,
    strict: goBool,
    parameters: goMap,
  }),
  stream: goBool,
}

export type ResponsesRequest = Decoded<typeof fields>
type Item = Readonly<Record<string, unknown>>
type NativeMessage = Record<string, unknown>

export function handleResponses(call: Call): Promise<void> {
  const translate = (body: Buffer) => translateResponses(body, call.server.clock)
  return answerTranslated(call, translate, handleChat)
}

function translateResponses(body: Buffer, clock: Clock): Translated {
  const request = decodeBody(body, 'ResponsesRequest', fields, 'openai')
  const { model, input, instructions = '', stream = false, tools, text } = request
  const said = typeof input === 'string' ? spoken('user', input) : nativeItems(input)
  const format = isRecord(text?.['format']) ? text['format'] : {}
  const native = {
    model,
    messages: [...spoken('system', instructions), ...said],
    options: {
      num_predict: request.max_output_tokens,
      temperature: request.temperature ?? 1,
      top_p: request.top_p,
    },
    stream,
    tools: tools?.map(({ type, name, description, parameters }) => ({
      type,
      function: { name, description, parameters },
    })),
    format: format['type'] === 'json_schema' ? format['schema'] : undefined,
    think: thinkOf(request),
  }
  const voice = stream
    ? new ResponseStreamVoice(request, clock)
    : wholeResponseVoice(request, clock)
  return { body: native, voice }
}

function spoken(role: string, content: string): NativeMessage[] {
  return content === '' ? [] : [{ role, content }]
}

/** What was thought belongs to what the assistant says next; calls join the assistant's turn before them. */
function nativeItems(input: unknown): NativeMessage[] {
  if (input === undefined || input === null) return []
  if (!Array.isArray(input)) throw new Failure(400, 'input must be a string or array')
  const messages: NativeMessage[] = []
  let thinking: unknown
  for (const [at, item] of input.entries()) {
    const { type, content } = knownItem(item, at)
    if (type === 'reasoning') {
      thinking = content['encrypted_content']
      continue
    }
    const turn = nativeItem(type, content, at)
    const isAssistant = turn['role'] === 'assistant'
    const made = isAssistant && thinking !== undefined ? { ...turn, thinking } : turn
    if (isAssistant) thinking = undefined
    const last = messages.at(-1)
    if (type !== 'function_call' || last?.['role'] !== 'assistant') messages.push(made)
    else messages[messages.length - 1] = joined(last, made)
  }
  return thinking === undefined ? messages : [...messages, { role: 'assistant', thinking }]
}

function joined(turn: NativeMessage, call: NativeMessage): NativeMessage {
  const earlier = (turn['tool_calls'] ?? []) as object[]
  const made = call['tool_calls'] as object[]
  return { ...turn, ...call, content: turn['content'], tool_calls: [...earlier, ...made] }
}

const itemTypes = ['message', 'function_call', 'function_call_output', 'reasoning']

function knownItem(item: unknown, at: number): { type: string; content: Item } {
  const content = isRecord(item) ? item : {}
  const type = content['type'] || (content['role'] ? 'message' : '')
  if (type === '') throw new Failure(400, `input[${at}]: input item missing required 'type' field`)
  if (typeof type === 'string' && itemTypes.includes(type)) return { type, content }
  throw new Failure(400, `input[${at}]: unknown input item type: ${JSON.stringify(type)}`)
}

function nativeItem(type: string, item: Item, at: number): NativeMessage {
  if (type === 'message')
    return { role: item['role'], ...contentOf(item['content'], at, 'content') }
  const id = item['call_id']
  if (type === 'function_call_output') {
    return { role: 'tool', ...contentOf(item['output'], at, 'output'), tool_call_id: id }
  }
  const made = { name: item['name'], arguments: argumentsOf(item['arguments']) }
  return { role: 'assistant', tool_calls: [{ id, function: made }] }
}

function argumentsOf(text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    const what = 'failed to parse function call arguments: unexpected end of JSON input'
    throw new Failure(400, what)
  }
}

function contentOf(parts: unknown, at: number, field: string): NativeMessage {
  if (typeof parts === 'string') return { content: parts }
  const images: string[] = []
  let content = ''
  for (const [index, part] of (Array.isArray(parts) ? parts : []).entries()) {
    const { type, text, image_url: url } = isRecord(part) ? part : {}
    if (type === 'input_text' || type === 'output_text') content += stringIn(text)
    else if (type === 'input_image') images.push(...(typeof url === 'string' ? [imageOf(url)] : []))
    else if (type === 'input_file') {
      throw new Failure(400, 'file inputs are not currently supported')
    } else {
      const where = `input[${at}]: ${field}[${index}]`
      throw new Failure(400, `${where}: unknown content type: ${stringIn(type)}`)
    }
  }
  return { content, images }
}

const efforts = ['high', 'medium', 'low', 'max']

function thinkOf({ reasoning }: ResponsesRequest): boolean | string | undefined {
  const effort = stringIn(reasoning?.['effort'])
  if (effort === '') return undefined
  if (effort === 'none') return false
  if (efforts.includes(effort)) return effort
  const words = '"high", "medium", "low", "max", or "none"'
  throw new Failure(400, `invalid reasoning value: ${JSON.stringify(effort)} (must be ${words})`)
}
