import { isOdError } from '../../core/errors/index.ts'
import { compactJson, encodeGoJson, goQuote, RawJson } from '../go-json/index.ts'
import { imageOf, readArguments, unfit } from './request-fields.ts'
import type { InputContent, InputItem } from './responses-input.ts'
import type { ResponsesRequest } from './responses-request.ts'

/** A message as it grows: thoughts and calls that follow are put into one of the assistant. */
interface GrowingMessage {
  readonly role: string
  content?: string
  thinking?: string
  images?: readonly string[]
  tool_calls?: object[]
  tool_call_id?: string
}

/** The native chat, as JSON. Source: Ollama openai/responses.go, FromResponsesRequest. */
export function nativeResponses(request: ResponsesRequest): string {
  const { model, temperature = 1, topP, maxOutputTokens, tools = [], text } = request
  const schema = text?.format?.type === 'json_schema' ? text.format.schema : undefined
  return encodeGoJson({
    model,
    messages: messagesOf(request),
    options: { temperature, top_p: topP, num_predict: maxOutputTokens },
    stream: request.stream === true,
    think: thinkOf(request.reasoning.effort),
    tools: tools.map(({ type, name, description = '', parameters }) => ({
      type,
      function: { name, description, parameters: parameters ?? {} },
    })),
    format: schema === undefined ? undefined : new RawJson(compactJson(schema)),
  })
}

const efforts = ['low', 'medium', 'high', 'max']

function thinkOf(effort: string): string | false | undefined {
  if (effort === '') return undefined
  if (effort === 'none') return false
  if (efforts.includes(effort)) return effort
  throw unfit(
    `invalid reasoning value: ${goQuote(effort)} (must be "high", "medium", "low", "max", or "none")`,
  )
}

function messagesOf({ instructions, input }: ResponsesRequest): readonly GrowingMessage[] {
  const messages: GrowingMessage[] = []
  if (instructions !== '') messages.push({ role: 'system', content: instructions })
  if (input.text !== '') messages.push({ role: 'user', content: input.text })
  let thought = ''
  for (const item of input.items) thought = add(item, messages, thought)
  if (thought !== '') messages.push({ role: 'assistant', thinking: thought })
  return messages
}

/** Adds an item; gives the thought that waits for a message of the assistant. */
function add(item: InputItem, messages: GrowingMessage[], thought: string): string {
  switch (item.type) {
    case 'reasoning':
      return item.encryptedContent
    case 'message': {
      const isAnswer = item.role === 'assistant'
      const thinking = isAnswer && thought !== '' ? { thinking: thought } : {}
      messages.push({ role: item.role, ...contentOf(item.content), ...thinking })
      return isAnswer ? '' : thought
    }
    case 'function_call': {
      let message = messages.at(-1)
      if (message?.role !== 'assistant') {
        message = { role: 'assistant' }
        messages.push(message)
      }
      message.tool_calls = [...(message.tool_calls ?? []), callOf(item)]
      if (thought !== '') message.thinking = thought
      return ''
    }
    case 'function_call_output':
      messages.push({ role: 'tool', ...contentOf(item.output), tool_call_id: item.callId })
      return thought
  }
}

function callOf(item: { callId: string; name: string; arguments: string }): object {
  const args = item.arguments === '' ? {} : argumentsOf(item.arguments)
  return { id: item.callId, function: { name: item.name, arguments: args } }
}

function argumentsOf(text: string): object {
  try {
    return readArguments(text)
  } catch (error) {
    if (!isOdError(error)) throw error
    throw unfit(`failed to parse function call arguments: ${error.message}`)
  }
}

function contentOf(contents: readonly InputContent[]): {
  content: string
  images?: readonly string[]
} {
  let content = ''
  const images: string[] = []
  for (const part of contents) {
    if (part.type === 'text') content += part.text
    else if (part.type === 'file') throw unfit('file inputs are not currently supported')
    else if (part.url !== '') images.push(imageOf(part.url))
  }
  return images.length === 0 ? { content } : { content, images }
}
