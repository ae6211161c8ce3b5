import type { Schema } from './node.ts'
import { schemaError } from './rule-book.ts'

/** Of the values those that what else the schema says allows. Throws `OD_FORMAT_SCHEMA` when there is none. */
export function allowedValues(schema: Schema, values: readonly unknown[]): readonly unknown[] {
  const allowed = values.filter(
    (value) => hasType(schema['type'], value) && isWithin(schema, value),
  )
  if (allowed.length === 0) throw schemaError('none of the values is allowed by the rest')
  return allowed
}

function hasType(type: unknown, value: unknown): boolean {
  if (Array.isArray(type)) return type.some((one) => hasType(one, value))
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'integer') return Number.isInteger(value)
  return type === undefined || typeof value === type
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWithin(schema: Schema, value: unknown): boolean {
  const bound = (name: string, otherwise: number) =>
    typeof schema[name] === 'number' ? schema[name] : otherwise
  const [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  if (typeof value === 'number') {
    return (
      value >= bound('minimum', least) &&
      value <= bound('maximum', most) &&
      value > bound('exclusiveMinimum', least) &&
      value < bound('exclusiveMaximum', most)
    )
  }
  if (typeof value !== 'string') return true
  const length = Array.from(value).length
  return length >= bound('minLength', least) && length <= bound('maxLength', most)
}
