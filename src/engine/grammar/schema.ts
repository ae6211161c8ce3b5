/**
 * From JSON Schema to GBNF. The subset: `type`, `properties`, `required`, `additionalProperties`, `items`, `minItems`,
 * `prefixItems`, `maxItems`, `enum`, `const`, `anyOf`, `oneOf`, `allOf`, `$ref`, `minLength`, `maxLength`, `pattern`, `format`
 * (which of them, says `text-formats.ts`; both go before lengths), and bounds of integers. Other keywords do not bind the answer, and an answer may fit several of `oneOf`, as with
 * llama.cpp's own converter.
 */
import { allowedValues } from './enumeration.ts'
import { integerRange } from './integer-range.ts'
import { jsonLiteral, oneOf } from './literal.ts'
import { merged, targetOf } from './merge.ts'
import { isSchema, type Schema } from './node.ts'
import { objectRule } from './object-rule.ts'
import { patternRule } from './pattern-rule.ts'
import { type RuleBook, schemaError } from './rule-book.ts'
import { textFormats } from './text-formats.ts'

/** Writes the rules of one schema into a book. */
export class SchemaConverter {
  readonly #rules: RuleBook
  readonly #root: Schema
  readonly #references = new Map<string, string>()
  readonly #pending: { name: string; schema: unknown }[] = []

  constructor(rules: RuleBook, root: Schema) {
    this.#rules = rules
    this.#root = root
  }

  /** Writes the rules of the root and of all that it refers to; returns the name of the root's. */
  convertAll(): string {
    const start = this.#convert(this.#root, 0)
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      this.#rules.define(next.name, this.#convert(next.schema, 0))
    }
    return start
  }

  /** Name of the rule, or a literal, that stands for the schema. */
  #convert(schema: unknown, depth: number): string {
    this.#rules.enter(depth)
    if (schema === true) return 'value'
    if (!isSchema(schema)) throw schemaError('a schema is neither an object nor true')
    const { $ref, allOf, anyOf, oneOf: exactlyOne } = schema
    if ($ref !== undefined) {
      const { $ref: _, ...beside } = schema
      return this.#reference($ref, hasConstraints(beside) ? beside : undefined)
    }
    if (allOf !== undefined) {
      const { allOf: _, ...base } = schema
      const list = listOf(allOf, 'allOf')
      if (list.length === 1 && !hasConstraints(base)) return this.#convert(list[0], depth + 1)
      const parts = list.map((part) => this.#resolved(part))
      return this.#convert(parts.reduce(merged, base), depth + 1)
    }
    const choices = anyOf ?? exactlyOne
    if (choices !== undefined) {
      const { anyOf: _, oneOf: __, ...base } = schema
      const isBound = hasConstraints(base)
      const names = listOf(choices, 'anyOf').map((choice) =>
        this.#convert(isBound ? merged(base, this.#resolved(choice)) : choice, depth + 1),
      )
      return this.#rules.add(oneOf(names))
    }
    if ('const' in schema) return this.#enumeration(schema, [schema['const']], depth)
    if (schema['enum'] !== undefined) return this.#enumeration(schema, schema['enum'], depth)
    return this.#typed(schema, depth)
  }

  #enumeration(schema: Schema, values: unknown, depth: number): string {
    const literals = allowedValues(schema, listOf(values, 'enum')).map((value) => {
      this.#rules.enter(depth)
      return jsonLiteral(value)
    })
    return this.#rules.add(oneOf(literals))
  }

  #typed(schema: Schema, depth: number): string {
    const { type } = schema
    if (Array.isArray(type)) {
      const names = listOf(type, 'type').map((one) =>
        this.#convert({ ...schema, type: one }, depth + 1),
      )
      return this.#rules.add(oneOf(names))
    }
    switch (type ?? impliedType(schema)) {
      case 'object':
        return objectRule(this.#rules, schema, (part) => this.#convert(part, depth + 1))
      case 'array':
        return this.#array(schema, depth)
      case 'string':
        return this.#string(schema)
      case 'integer':
        return this.#integer(schema)
      case 'number':
        return 'number'
      case 'boolean':
        return 'boolean'
      case 'null':
        return jsonLiteral(null)
      case undefined:
        return 'value'
      default:
        throw schemaError(`unknown type ${JSON.stringify(type)}`)
    }
  }

  /** Items at fixed places first; without a word about more there are none behind them. */
  #array(schema: Schema, depth: number): string {
    const { items, prefixItems } = schema
    const listed = prefixItems ?? (Array.isArray(items) ? items : [])
    if (!Array.isArray(listed)) throw schemaError('prefixItems is no list')
    const [min, max] = bounds(schema, 'minItems', 'maxItems')
    const fixed = listed.slice(0, max).map((item) => this.#convert(item, depth + 1))
    const { length } = fixed
    if (max === 0) return this.#rules.add('"[" space "]"')
    const mayGoOn = length === 0 || (prefixItems !== undefined && isSchema(items))
    const [least, most] = [Math.max(0, min - length), mayGoOn ? max - length : min - length]
    const first = fixed.map((item) => `${item} space`).join(' "," space ')
    if (most <= 0) return this.#rules.add(`"[" space ${first} "]"`)
    const item = this.#convert(Array.isArray(items) ? true : (items ?? true), depth + 1)
    const more = (from: number, to: number) =>
      this.#rules.repeat(`("," space ${item} space)`, Math.max(0, from), Math.max(0, to))
    if (length > 0) return this.#rules.add(`"[" space ${first} ${more(least, most)} "]"`)
    const all = `${item} space ${more(min - 1, max - 1)}`
    return this.#rules.add(`"[" space ${min === 0 ? `(${all})?` : all} "]"`)
  }

  #string(schema: Schema): string {
    const { pattern, format } = schema
    if (pattern !== undefined) {
      if (typeof pattern !== 'string') throw schemaError('a pattern is no text')
      return patternRule(this.#rules, pattern)
    }
    const known = typeof format === 'string' ? textFormats.get(format) : undefined
    if (known !== undefined) return patternRule(this.#rules, known)
    if (schema['minLength'] === undefined && schema['maxLength'] === undefined) return 'string'
    const [min, max] = bounds(schema, 'minLength', 'maxLength')
    return this.#rules.add(`"\\"" ${this.#rules.repeat('character', min, max)} "\\""`)
  }

  #integer(schema: Schema): string {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
    const above = typeof exclusiveMinimum === 'number' ? Math.floor(exclusiveMinimum) + 1 : minimum
    const below = typeof exclusiveMaximum === 'number' ? Math.ceil(exclusiveMaximum) - 1 : maximum
    if (above === undefined && below === undefined) return 'integer'
    const range = integerRange(
      typeof above === 'number' ? above : undefined,
      typeof below === 'number' ? below : undefined,
    )
    if (range === undefined) throw schemaError('no integer lies within the bounds')
    return this.#rules.add(range)
  }

  /** A rule of its own, so that a schema may refer to itself; `beside`: what else holds where it is referred to. */
  #reference(reference: unknown, beside: Schema | undefined): string {
    if (typeof reference !== 'string') throw schemaError('a $ref is no string')
    const key = beside === undefined ? reference : `${reference} ${JSON.stringify(beside)}`
    const known = this.#references.get(key)
    if (known !== undefined) return known
    const name = this.#rules.newName()
    this.#references.set(key, name)
    const target = targetOf(this.#root, reference)
    const schema = beside === undefined ? target : { allOf: [{ $ref: reference }, beside] }
    this.#pending.push({ name, schema })
    return name
  }

  /** The schema itself where it is a mere reference: to merge it, one must see it. */
  #resolved(schema: unknown): Schema {
    const seen = new Set<unknown>()
    let current = schema
    while (isSchema(current) && typeof current['$ref'] === 'string') {
      const reference = current['$ref']
      if (seen.has(reference)) throw schemaError(`${reference} refers to itself`)
      seen.add(reference)
      this.#rules.enter(0)
      current = targetOf(this.#root, reference)
    }
    if (current === true) return {}
    if (!isSchema(current)) throw schemaError('a schema is neither an object nor true')
    return current
  }
}

/** Keywords beside a choice that each alternative must obey too. */
const constraints: ReadonlySet<string> = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'enum',
  'const',
  'anyOf',
  'oneOf',
  'allOf',
])

function hasConstraints(schema: Schema): boolean {
  return Object.keys(schema).some((key) => constraints.has(key))
}

function impliedType(schema: Schema): string | undefined {
  const has = (...names: string[]) => names.some((name) => schema[name] !== undefined)
  if (has('properties', 'required', 'additionalProperties')) return 'object'
  if (has('items', 'prefixItems', 'minItems', 'maxItems')) return 'array'
  if (has('minLength', 'maxLength', 'pattern')) return 'string'
  return undefined
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw schemaError(`${name} is no list of any`)
  return value
}

function bounds(schema: Schema, minName: string, maxName: string): readonly [number, number] {
  const min = schema[minName] ?? 0
  const max = schema[maxName] ?? Number.POSITIVE_INFINITY
  const isCount = (value: unknown) =>
    value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) >= 0)
  if (!isCount(min) || !isCount(max) || Number(min) > Number(max)) {
    throw schemaError(`${minName} and ${maxName} are no range`)
  }
  return [Number(min), Number(max)]
}
