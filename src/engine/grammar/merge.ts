import { isSchema, type Schema } from './node.ts'
import { schemaError } from './rule-book.ts'

/** Keywords of which the larger or the smaller value is the stricter one. */
const lowerBounds = ['minimum', 'exclusiveMinimum', 'minItems', 'minLength'] as const
const upperBounds = ['maximum', 'exclusiveMaximum', 'maxItems', 'maxLength'] as const

/** Pairs that two choices of alternatives make together. */
const pairsMax = 1_000

/**
 * A schema for what fits both, as far as keywords can be laid together; where both set another one, that of `b`. Throws
 * `OD_FORMAT_SCHEMA` where nothing can fit both, or nobody could say it.
 */
export function merged(a: Schema, b: Schema): Schema {
  const both: Record<string, unknown> = { ...a, ...b }
  const join = (key: string, how: (x: unknown, y: unknown) => unknown) => {
    if (a[key] !== undefined && b[key] !== undefined) both[key] = how(a[key], b[key])
  }
  for (const key of lowerBounds) join(key, (x, y) => stricter(Math.max, x, y))
  for (const key of upperBounds) join(key, (x, y) => stricter(Math.min, x, y))
  for (const key of ['required', 'allOf']) join(key, concatenated)
  for (const key of ['items', 'additionalProperties']) join(key, bothOf)
  join('properties', (x, y) => (isSchema(x) && isSchema(y) ? withAll(x, y) : y))
  join('type', commonTypes)
  join('pattern', same)
  const [x, y] = [valuesOf(a), valuesOf(b)]
  if (x !== undefined && y !== undefined) {
    delete both['const']
    both['enum'] = common(x, y)
  }
  const [left, right] = [choicesOf(a), choicesOf(b)]
  if (left !== undefined && right !== undefined) {
    delete both['oneOf']
    both['anyOf'] = pairs(left, right)
  }
  return both
}

function stricter(choose: (x: number, y: number) => number, x: unknown, y: unknown): unknown {
  return typeof x === 'number' && typeof y === 'number' ? choose(x, y) : y
}

function concatenated(x: unknown, y: unknown): unknown {
  return Array.isArray(x) && Array.isArray(y) ? [...x, ...y] : y
}

function bothOf(x: unknown, y: unknown): unknown {
  if (x === false || y === false) return false
  if (x === true) return y
  return y === true ? x : { allOf: [x, y] }
}

function withAll(x: Schema, y: Schema): Schema {
  const shared = Object.keys(x).filter((name) => Object.hasOwn(y, name))
  return {
    ...x,
    ...y,
    ...Object.fromEntries(shared.map((name) => [name, bothOf(x[name], y[name])])),
  }
}

function commonTypes(x: unknown, y: unknown): unknown {
  const [left, right] = [[x].flat(), [y].flat()]
  const types = left.flatMap((type) => {
    if (right.includes(type)) return [type]
    if (type === 'integer' && right.includes('number')) return ['integer']
    return type === 'number' && right.includes('integer') ? ['integer'] : []
  })
  if (types.length === 0) throw schemaError('no value has both types')
  return types
}

function same(x: unknown, y: unknown): unknown {
  if (x !== y) throw schemaError('two patterns for one text')
  return y
}

function valuesOf(schema: Schema): readonly unknown[] | undefined {
  if ('const' in schema) return [schema['const']]
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined
}

function common(x: readonly unknown[], y: readonly unknown[]): readonly unknown[] {
  const known = new Set(y.map((value) => JSON.stringify(value)))
  const shared = x.filter((value) => known.has(JSON.stringify(value)))
  if (shared.length === 0) throw schemaError('two lists of values have none in common')
  return shared
}

function choicesOf({ anyOf, oneOf }: Schema): readonly unknown[] | undefined {
  const choices = anyOf ?? oneOf
  return Array.isArray(choices) ? choices : undefined
}

function pairs(x: readonly unknown[], y: readonly unknown[]): unknown[] {
  if (x.length * y.length > pairsMax) throw schemaError('two choices have too many pairs')
  return x.flatMap((one) => y.map((other) => ({ allOf: [one, other] })))
}

/** The schema at a JSON pointer within the same document (RFC 6901), such as `#/$defs/node`. */
export function targetOf(root: Schema, reference: string): unknown {
  if (!reference.startsWith('#')) throw schemaError('a $ref leads out of the schema')
  let target: unknown = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')
    const isThere = typeof target === 'object' && target !== null && Object.hasOwn(target, key)
    if (!isThere) throw schemaError(`nothing is at ${reference}`)
    target = (target as Schema)[key]
  }
  return target
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}
