/**
 * The smallest value that a JSON schema allows: what the fake says where a schema binds its answer, and the arguments of
 * the tools that it calls. It knows the words that schemas of tools and of client libraries use, no more.
 */
import { Failure } from './failure.ts'
import { isRecord } from './json-values.ts'

type Schema = Readonly<Record<string, unknown>>

/** Deeper schemas, and such as contain themselves, end in null here. */
const depthMax = 32

/** What follows a schema. Throws a 500 for a type that JSON does not have, as Ollama's grammar does. */
export function instanceOf(schema: unknown): unknown {
  return instance(schema, schema, depthMax)
}

function instance(schema: unknown, root: unknown, depth: number): unknown {
  if (!isRecord(schema) || depth === 0) return null
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  const first = [schema['anyOf'], schema['oneOf'], schema['allOf']].find(Array.isArray)?.[0]
  if (first !== undefined) return instance(first, root, depth - 1)
  if (typeof schema['$ref'] === 'string') {
    return instance(referred(root, schema['$ref']), root, depth - 1)
  }
  const { type } = schema
  switch (Array.isArray(type) ? type[0] : (type ?? 'object')) {
    case 'object':
      return object(schema, root, depth)
    case 'array':
      return [instance(schema['items'], root, depth - 1)]
    case 'string':
      return 'sea'
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 7
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      throw new Failure(500, 'invalid JSON schema in format')
  }
}

/** The properties that must be there; all of them where none must. */
function object(schema: Schema, root: unknown, depth: number): Record<string, unknown> {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : []
  const names = required.length > 0 ? required : Object.keys(properties)
  return Object.fromEntries(
    names.map((name) => [name, instance(properties[name], root, depth - 1)]),
  )
}

/** What `#/$defs/name` means. */
function referred(root: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1)
  return names.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), root)
}
