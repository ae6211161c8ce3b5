/** Messages as templates see them. Source: ollama/ollama template/template.go, templateMessage and templateToolCall. */
import type { PromptMessage, PromptToolCall } from './input.ts'
import { toValue } from './json-value.ts'
import {
  type List,
  type Structure,
  type StructureType,
  toDictionary,
  toList,
  toStructure,
} from './value.ts'

const messageType = untagged('template.templateMessage', [
  'Role',
  'Content',
  'Thinking',
  'Images',
  'ToolCalls',
  'ToolName',
  'ToolCallID',
])
const toolCallType = untagged('template.templateToolCall', ['ID', 'Function'])
const calledFunctionType = untagged('template.templateToolCallFunction', [
  'Index',
  'Name',
  'Arguments',
])

/** `.Messages`: a list of pointers to structs; the nil list when there are none. */
export function toMessageList(messages: readonly PromptMessage[]): List {
  const type = '[]*template.templateMessage'
  return toList(type, messages.length === 0 ? undefined : messages.map(toMessage))
}

function toMessage(message: PromptMessage): Structure {
  const { role, content, thinking, images, toolCalls, toolName, toolCallId } = message
  const calls = toolCalls?.length ? toolCalls.map(toToolCall) : undefined
  return {
    ...toStructure(messageType, [
      role,
      content,
      thinking ?? '',
      toList(
        '[]api.ImageData',
        images?.map(() => toList('api.ImageData', [])),
      ),
      toList('[]template.templateToolCall', calls),
      toolName ?? '',
      toolCallId ?? '',
    ]),
    isPointer: true,
  }
}

function toToolCall({ id, function: called }: PromptToolCall): Structure {
  return toStructure(toolCallType, [
    id ?? '',
    toStructure(calledFunctionType, [
      BigInt(Number.isSafeInteger(called.index) ? (called.index ?? 0) : 0),
      called.name,
      toDictionary(
        'template.templateArgs',
        Object.entries(called.arguments).map(([key, value]) => [key, toValue(value)]),
        'json',
      ),
    ]),
  ])
}

/** A struct whose fields have the same names in JSON. */
function untagged(name: string, fields: readonly string[]): StructureType {
  return { name, fields: fields.map((field) => ({ name: field, json: field })) }
}
