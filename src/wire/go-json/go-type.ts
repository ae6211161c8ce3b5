import type { JsonValue } from './node.ts'

/** The type of a decoded value as Go's `%T` prints it. */
export function goTypeOf(value: JsonValue): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float64'
    case 'string':
      return 'string'
    default:
      if (value === null) return '<nil>'
      return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
  }
}
