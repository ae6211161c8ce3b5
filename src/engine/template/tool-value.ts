/**
 * Tools as the templates of Ollama 0.24 see them: structs with the fields that Ollama knows, others are dropped.
 * Source: ollama/ollama template/template.go (templateTool…) and api/types.go (ToolProperty).
 */
import { invalidTemplate } from './failure.ts'
import { isRecord, toRecord, toValue } from './json-value.ts'
import { limits } from './limits.ts'
import { printValue } from './print.ts'
import {
  isList,
  itemsOf,
  type List,
  type Reference,
  type Structure,
  type StructureType,
  toDictionary,
  toList,
  toStructure,
  type Value,
} from './value.ts'

const toolType: StructureType = {
  name: 'template.templateTool',
  fields: [
    { name: 'Type', json: 'type' },
    { name: 'Items', json: 'items', omitsEmpty: true },
    { name: 'Function', json: 'function' },
  ],
}

const functionType: StructureType = {
  name: 'template.templateToolFunction',
  fields: [
    { name: 'Name', json: 'name' },
    { name: 'Description', json: 'description' },
    { name: 'Parameters', json: 'parameters' },
  ],
}

const parametersType: StructureType = {
  name: 'template.templateToolFunctionParameters',
  fields: [
    { name: 'Type', json: 'type' },
    { name: 'Defs', json: '$defs', omitsEmpty: true },
    { name: 'Items', json: 'items', omitsEmpty: true },
    { name: 'Required', json: 'required', omitsEmpty: true },
    { name: 'Properties', json: 'properties' },
  ],
}

const propertyType: StructureType = {
  name: 'api.ToolProperty',
  fields: [
    { name: 'AnyOf', json: 'anyOf', omitsEmpty: true },
    { name: 'Type', json: 'type', omitsEmpty: true },
    { name: 'Items', json: 'items', omitsEmpty: true },
    { name: 'Description', json: 'description', omitsEmpty: true },
    { name: 'Enum', json: 'enum', omitsEmpty: true },
    { name: 'Properties', json: 'properties', omitsEmpty: true },
    { name: 'Required', json: 'required', omitsEmpty: true },
  ],
  methods: new Map([['ToTypeScriptType', toTypeScriptType]]),
}

/** `.Tools`: prints as JSON; each tool in it prints as a Go struct. Undefined makes the nil list. */
export function toToolList(tools: readonly unknown[] | undefined): List {
  return toList('template.templateTools', tools?.map(toTool), 'json')
}

/** The TypeScript type of a tool's property. Source: ollama/ollama api/types.go, ToTypeScriptType. */
export function toTypeScriptType(value: Value): string {
  if (typeof value !== 'object' || value.kind !== 'struct' || value.type !== propertyType) {
    return 'any'
  }
  const anyOf = value.fields.get('AnyOf')
  if (isList(anyOf) && anyOf.length > 0) return itemsOf(anyOf).map(toTypeScriptType).join(' | ')
  const type = value.fields.get('Type')
  if (!isList(type) || type.length === 0) return 'any'
  return itemsOf(type)
    .map((name) => typeScriptNames.get(printValue(name)) ?? 'any')
    .join(' | ')
}

const typeScriptNames: ReadonlyMap<string, string> = new Map([
  ['string', 'string'],
  ['number', 'number'],
  ['integer', 'number'],
  ['boolean', 'boolean'],
  ['array', 'any[]'],
  ['object', 'Record<string, any>'],
  ['null', 'null'],
])

function toTool(tool: unknown): Structure {
  const { type, items, function: called } = toRecord(tool)
  const { name, description, parameters } = toRecord(called)
  return toStructure(toolType, [
    toText(type),
    toValue(items),
    toStructure(functionType, [toText(name), toText(description), toParameters(parameters)]),
  ])
}

function toParameters(parameters: unknown): Structure {
  const { type, $defs, items, required, properties } = toRecord(parameters)
  const entries = isRecord(properties) ? propertyEntries(properties, 0) : undefined
  return toStructure(parametersType, [
    toText(type),
    toValue($defs),
    toValue(items),
    toTexts('[]string', required),
    {
      ...toDictionary('template.templateProperties', entries, 'json'),
      zero: toProperty(undefined, 0),
    },
  ])
}

function propertyEntries(
  properties: Readonly<Record<string, unknown>>,
  depth: number,
): (readonly [string, Structure])[] {
  return Object.entries(properties).map(([name, json]) => [name, toProperty(json, depth)])
}

function toProperty(json: unknown, depth: number): Structure {
  if (depth > limits.dataDepthMax) {
    throw invalidTemplate(`template: data nested deeper than ${limits.dataDepthMax}`)
  }
  const { anyOf, type, items, description, enum: choices, properties, required } = toRecord(json)
  const nested: Reference = {
    kind: 'pointer',
    type: '*api.ToolPropertiesMap',
    ...(isRecord(properties) && { entries: new Map(propertyEntries(properties, depth + 1)) }),
  }
  return toStructure(propertyType, [
    toList(
      '[]api.ToolProperty',
      Array.isArray(anyOf) ? anyOf.map((one) => toProperty(one, depth + 1)) : undefined,
    ),
    toTexts('api.PropertyType', typeof type === 'string' ? [type] : type, 'words'),
    toValue(items),
    toText(description),
    toList(
      '[]interface {}',
      Array.isArray(choices) ? choices.map((one) => toValue(one)) : undefined,
    ),
    nested,
    toTexts('[]string', required),
  ])
}

function toText(json: unknown): string {
  return typeof json === 'string' ? json : ''
}

function toTexts(type: string, json: unknown, prints?: 'words'): List {
  return toList(type, Array.isArray(json) ? json.map(toText) : undefined, prints)
}
