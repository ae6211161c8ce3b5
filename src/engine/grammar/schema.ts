/**
 * From JSON Schema to GBNF. The subset: `type`, `properties`, `required`, `additionalProperties`, `items`, `minItems`,
 * `maxItems`, `enum`, `const`, `anyOf`, `oneOf`, `allOf`, `$ref`, `minLength`, `maxLength`, and bounds of integers. Other
 * keywords do not bind the answer, as with llama.cpp's own converter.
 */
import { integerRange } from './integer-range.ts'
import { jsonLiteral, oneOf } from './literal.ts'
import { merged, targetOf } from './merge.ts'
import { isSchema, type Schema } from './node.ts'
import { objectRule } from './object-rule.ts'
import { type RuleBook, schemaError } from './rule-book.ts'

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
    if ($ref !== undefined) return this.#reference($ref)
    if (allOf !== undefined) {
      const { allOf: _, ...base } = schema
      const parts = listOf(allOf, 'allOf').map((part) => this.#resolved(part))
      return this.#convert(parts.reduce(merged, base), depth + 1)
    }
    const choices = anyOf ?? exactlyOne
    if (choices !== undefined) {
      const { anyOf: _, oneOf: __, ...base } = schema
      const hasConstraints = Object.keys(base).some((key) => constraints.has(key))
      const names = listOf(choices, 'anyOf').map((choice) =>
        this.#convert(hasConstraints ? merged(base, this.#resolved(choice)) : choice, depth + 1),
      )
      return this.#rules.add(oneOf(names))
    }
    if ('const' in schema) return jsonLiteral(schema['const'])
    if (schema['enum'] !== undefined) return this.#enumeration(schema['enum'], depth)
    return this.#typed(schema, depth)
  }

  #enumeration(values: unknown, depth: number): string {
    const literals = listOf(values, 'enum').map((value) => {
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

  #array(schema: Schema, depth: number): string {
    const item = this.#convert(schema['items'] ?? true, depth + 1)
    const [min, max] = bounds(schema, 'minItems', 'maxItems')
    if (max === 0) return this.#rules.add('"[" space "]"')
    const more = this.#rules.repeat(
      `("," space ${item} space)`,
      Math.max(0, min - 1),
      Math.max(0, max - 1),
    )
    const items = `${item} space ${more}`
    return this.#rules.add(`"[" space ${min === 0 ? `(${items})?` : items} "]"`)
  }

  #string(schema: Schema): string {
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

  #reference(reference: unknown): string {
    if (typeof reference !== 'string') throw schemaError('a $ref is no string')
    const known = this.#references.get(reference)
    if (known !== undefined) return known
    const name = this.#rules.newName()
    this.#references.set(reference, name)
    this.#pending.push({ name, schema: targetOf(this.#root, reference) })
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
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'enum',
  'const',
])

function impliedType(schema: Schema): string | undefined {
  const has = (...names: string[]) => names.some((name) => schema[name] !== undefined)
  if (has('properties', 'required', 'additionalProperties')) return 'object'
  if (has('items', 'minItems', 'maxItems')) return 'array'
  if (has('minLength', 'maxLength')) return 'string'
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
