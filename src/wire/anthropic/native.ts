import { isOdError } from '../../core/errors/index.ts'
import { decodeBase64 } from '../base64.ts'
import {
  compactJson,
  decodeStruct,
  encodeGoJson,
  goQuote,
  type JsonObject,
  type JsonValue,
  RawJson,
} from '../go-json/index.ts'
import { parameters } from '../ollama/tool-readers.ts'
import {
  type AnthropicMessage,
  type AnthropicTool,
  type Block,
  type BlockSource,
  type MessagesRequest,
  unfit,
} from './request.ts'

interface NativeMessage {
  readonly role: string
  readonly content: string
  readonly images?: readonly string[]
  readonly tool_calls?: readonly object[]
  readonly thinking?: string
  readonly tool_call_id?: string
}

/** The native chat, as JSON. Temperature and top_p stay the model's own. Source: FromMessagesRequest of the same file. */
export function nativeMessages(request: MessagesRequest): string {
  const system = systemText(request.system)
  return encodeGoJson({
    model: request.model,
    messages: [
      ...(system === '' ? [] : [{ role: 'system', content: system }]),
      ...request.messages.flatMap(nativeMessage),
    ],
    options: {
      num_predict: request.maxTokens,
      temperature: request.temperature,
      top_p: request.topP,
      top_k: request.topK,
      stop: request.stopSequences.length === 0 ? undefined : request.stopSequences,
    },
    stream: request.stream,
    tools: nativeTools(request.tools),
    think: thinkOf(request),
    format: formatOf(request),
  })
}

function systemText(system: JsonValue): string {
  if (typeof system === 'string') return system
  return Array.isArray(system) ? partsOf(system).map(textOf).join('') : ''
}

function textOf(part: JsonObject): string {
  return part['type'] === 'text' && typeof part['text'] === 'string' ? part['text'] : ''
}

function partsOf(content: readonly JsonValue[]): readonly JsonObject[] {
  return content.filter(
    (part): part is JsonObject => typeof part === 'object' && part !== null && !Array.isArray(part),
  )
}

/** Results of tools become messages of their own: before what a user says, behind what others say. */
function nativeMessage(message: AnthropicMessage): readonly NativeMessage[] {
  const role = message.role.toLowerCase()
  const results: NativeMessage[] = []
  const calls: object[] = []
  const images: string[] = []
  let content = ''
  let thinking = ''
  for (const block of message.content) {
    if (block.type === 'text') content += block.text ?? ''
    else if (block.type === 'image') images.push(imageOf(block.source))
    else if (block.type === 'tool_use' || block.type === 'server_tool_use')
      calls.push(callOf(block))
    else if (block.type === 'tool_result') results.push(resultOf(block))
    else if (block.type === 'web_search_tool_result') results.push(searchResultOf(block))
    else if (block.type === 'thinking') thinking = block.thinking ?? thinking
  }
  const isEmpty = content === '' && images.length === 0 && calls.length === 0 && thinking === ''
  const own = isEmpty ? [] : [{ role, content, images, tool_calls: calls, thinking }]
  return role === 'user' ? [...results, ...own] : [...own, ...results]
}

function imageOf(source: BlockSource | undefined): string {
  if (source === undefined) throw unfit('invalid image source')
  if (source.type !== 'base64') {
    throw unfit(`invalid image source type: ${source.type}. Only base64 images are supported.`)
  }
  const decoded = decodeBase64(source.data)
  if (decoded.ok) return source.data
  throw unfit(`invalid base64 image data: illegal base64 data at input byte ${decoded.badAt}`)
}

function callOf({ type, id, name, input = {} }: Block): object {
  if (type === 'tool_use') {
    if (id === '') throw unfit("tool_use block missing required 'id' field")
    if (name === '') throw unfit("tool_use block missing required 'name' field")
  }
  return { id, function: { name, arguments: input } }
}

function resultOf({ content, toolUseId }: Block): NativeMessage {
  const head = { role: 'tool', tool_call_id: toolUseId }
  if (typeof content === 'string') return { ...head, content }
  if (!Array.isArray(content)) return { ...head, content: '' }
  const parts = partsOf(content)
  const images = parts.filter((part) => part['type'] === 'image').map(resultImage)
  return { ...head, content: parts.map(textOf).join(''), images }
}

function resultImage(part: JsonObject): string {
  const [source] = partsOf([part['source'] ?? null])
  if (source === undefined) throw unfit('invalid tool_result image source')
  const [type, data] = [source['type'], source['data']]
  return imageOf({
    type: typeof type === 'string' ? type : '',
    data: typeof data === 'string' ? data : '',
  })
}

/** What an earlier search of the web gave, as the model reads it. */
function searchResultOf({ content, toolUseId }: Block): NativeMessage {
  return { role: 'tool', content: searchText(content), tool_call_id: toolUseId }
}

function searchText(content: JsonValue): string {
  if (typeof content === 'string') return content
  const [only] = partsOf([content])
  if (!Array.isArray(content)) {
    return only?.['type'] === searchError ? errorText(only) : encodeGoJson(content)
  }
  let text = ''
  for (const part of partsOf(content)) {
    if (part['type'] === searchError) return errorText(part)
    if (part['type'] === 'web_search_result') {
      text += `- ${stringOf(part['title'])}: ${stringOf(part['url'])}\n`
    }
  }
  return text
}

const searchError = 'web_search_tool_result_error'

function errorText(part: JsonObject): string {
  const code = stringOf(part['error_code'])
  return code === '' ? searchError : `${searchError}: ${code}`
}

function stringOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** Anthropic's own search becomes a function, and takes the name from one of the client's. */
function nativeTools(tools: readonly AnthropicTool[]): readonly object[] {
  const isSearch = ({ type }: AnthropicTool) => type.startsWith('web_search')
  const hasSearch = tools.some(isSearch)
  return tools
    .filter((tool) => !hasSearch || isSearch(tool) || tool.name !== 'web_search')
    .map((tool) => (isSearch(tool) ? searchTool : nativeTool(tool)))
}

function nativeTool({ name, description, inputSchema }: AnthropicTool): object {
  return {
    type: 'function',
    function: { name, description, parameters: schemaOf(name, inputSchema) },
  }
}

function schemaOf(name: string, schema: string | undefined): object {
  if (schema === undefined || schema === 'null') return {}
  try {
    return decodeStruct(Buffer.from(schema), parameters)
  } catch (error) {
    if (!isOdError(error)) throw error
    throw unfit(`invalid input_schema for tool ${goQuote(name)}: ${error.message}`)
  }
}

const searchTool = {
  type: 'function',
  function: {
    name: 'web_search',
    description:
      'Search the web for current information. Use this to find up-to-date information about any topic.',
    parameters: {
      type: 'object',
      required: ['query'],
      properties: {
        query: { type: 'string', description: 'The search query to look up on the web' },
      },
    },
  },
}

/** The schema of the answer, where one was given. */
function formatOf({ outputConfig }: MessagesRequest): RawJson | undefined {
  const { type, schema } = outputConfig?.format ?? {}
  return type === 'json_schema' && schema !== undefined
    ? new RawJson(compactJson(schema))
    : undefined
}

/** `output_config` counts where `thinking` says nothing; what it does not know asks for nothing. */
function thinkOf({ thinking, outputConfig }: MessagesRequest): boolean | string | undefined {
  if (thinking?.type === 'enabled') return true
  if (thinking?.type === 'disabled') return false
  const effort = outputConfig?.effort.trim().toLowerCase() ?? ''
  if (effort === 'xhigh') return 'high'
  return ['high', 'medium', 'low', 'max'].includes(effort) ? effort : undefined
}
