type Schema = Readonly<Record<string, unknown>>

/** True when the value fits the schema, for the keywords that the tests use. */
export function fits(value: unknown, schema: Schema | true, root: Schema | true = schema): boolean {
  if (schema === true || root === true) return true
  const { $ref, anyOf, enum: options, type } = schema
  if (typeof $ref === 'string') {
    const defs = root['$defs'] as Record<string, Schema>
    return $ref === '#'
      ? fits(value, root, root)
      : fits(value, defs[$ref.replace('#/$defs/', '')] ?? { type: 'missing' }, root)
  }
  if (Array.isArray(anyOf)) return anyOf.some((choice: Schema) => fits(value, choice, root))
  if ('const' in schema) return JSON.stringify(value) === JSON.stringify(schema['const'])
  if (Array.isArray(options)) return options.includes(value)
  if (Array.isArray(type)) return type.some((one) => fits(value, { ...schema, type: one }, root))
  const between = (size: number, min: string, max: string) =>
    size >= Number(schema[min] ?? Number.NEGATIVE_INFINITY) &&
    size <= Number(schema[max] ?? Number.POSITIVE_INFINITY)
  switch (type) {
    case 'object':
      return fitsObject(value, schema, root)
    case 'array':
      return (
        Array.isArray(value) &&
        between(value.length, 'minItems', 'maxItems') &&
        value.every((item) => fits(item, (schema['items'] ?? true) as Schema, root))
      )
    case 'string':
      return (
        typeof value === 'string' && between(Array.from(value).length, 'minLength', 'maxLength')
      )
    case 'integer':
      return Number.isSafeInteger(value) && between(value as number, 'minimum', 'maximum')
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'null':
      return value === null
    default:
      return type === undefined
  }
}

function fitsObject(value: unknown, schema: Schema, root: Schema): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>
  const required = (schema['required'] ?? []) as string[]
  const extra = (schema['additionalProperties'] ?? false) as Schema | boolean
  const members = Object.entries(value)
  if (!required.every((name) => Object.hasOwn(value, name))) return false
  return members.every(([name, member]) => {
    const own = Object.hasOwn(properties, name) ? properties[name] : extra
    return own !== undefined && own !== false && fits(member, own, root)
  })
}
