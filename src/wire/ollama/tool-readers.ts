import {
  anything,
  type JsonObject,
  type JsonValue,
  list,
  type Reader,
  selfReading,
  struct,
  text,
} from '../go-json/index.ts'
import { orderedMap, withoutEmpty } from './request-readers.ts'

/**
 * What Ollama keeps of a tool: the fields of its own types, all others are dropped (ollama-api §1.5). The result has
 * the keys and the order in which Ollama prints it into a prompt. Source: Ollama api/types.go, Tool and below.
 */

/** One type or several; a list of one is printed as the one. */
const propertyType: Reader<string | readonly string[]> = selfReading({
  zero: [] as readonly string[],
  nullResets: true,
  read(node, reading) {
    if (node.kind === 'string') return node.value
    const types = list(text, '[]string').read(node, reading)
    return types.length === 1 ? (types[0] ?? '') : types
  },
})

/** A map that prints as `null` when it never came. */
function optionalMap(reader: Reader<JsonObject>): Reader<JsonObject | null> {
  return { ...orderedMap(reader), zero: null, nullResets: true, takesNull: false }
}

const strings = list(text, '[]string')

interface ToolProperty {
  readonly anyOf: readonly JsonObject[]
  readonly type: string | readonly string[]
  readonly items: JsonValue
  readonly description: string
  readonly enum: readonly JsonValue[]
  readonly properties: JsonObject | null
  readonly required: readonly string[]
}

/** Properties nest, so the reader is looked up when it is used. */
const nestedProperty: Reader<JsonObject> = {
  zero: {},
  nullResets: false,
  read: (node, reading) => property.read(node, reading),
}

const property: Reader<JsonObject> = withoutEmpty(
  struct<ToolProperty>('api.ToolProperty', {
    anyOf: { name: 'anyOf', reader: list(nestedProperty, '[]api.ToolProperty') },
    type: { name: 'type', reader: propertyType },
    items: { name: 'items', reader: anything },
    description: { name: 'description', reader: text },
    enum: { name: 'enum', reader: list(anything, '[]interface {}') },
    properties: { name: 'properties', reader: optionalMap(nestedProperty) },
    required: { name: 'required', reader: strings },
  }),
  ['anyOf', 'type', 'description', 'enum', 'required'],
  ['items', 'properties'],
)

interface ToolParameters {
  readonly type: string
  readonly $defs: JsonValue
  readonly items: JsonValue
  readonly required: readonly string[]
  readonly properties: JsonObject | null
}

/** The schema of a function’s arguments. */
export const parameters: Reader<JsonObject> = withoutEmpty(
  struct<ToolParameters>('api.ToolFunctionParameters', {
    type: { name: 'type', reader: text },
    $defs: { name: '$defs', reader: anything },
    items: { name: 'items', reader: anything },
    required: { name: 'required', reader: strings },
    properties: { name: 'properties', reader: optionalMap(property) },
  }),
  ['required'],
  ['$defs', 'items'],
)

interface ToolFunction {
  readonly name: string
  readonly description: string
  readonly parameters: JsonObject
}

const toolFunction: Reader<JsonObject> = withoutEmpty(
  struct<ToolFunction>('api.ToolFunction', {
    name: { name: 'name', reader: text },
    description: { name: 'description', reader: text },
    parameters: { name: 'parameters', reader: parameters },
  }),
  ['description'],
)

interface Tool {
  readonly type: string
  readonly items: JsonValue
  readonly function: JsonObject
}

/** The `tools` of a chat. */
export const tools: Reader<readonly JsonObject[]> = list(
  withoutEmpty(
    struct<Tool>('api.Tool', {
      type: { name: 'type', reader: text },
      items: { name: 'items', reader: anything },
      function: { name: 'function', reader: toolFunction },
    }),
    [],
    ['items'],
  ),
  'api.Tools',
)
