/** Fits scanned JSON into request fields, and complains about wrong types in the words of Go's encoding/json. */
import { GoError, type GoValue, scanFirstValue } from './json-scan.ts'

/** Where a value stands, for the complaint, and the complaints so far: the first of them is told. */
export interface Place {
  readonly struct: string
  readonly path: string
  readonly complaints: string[]
}

/** Reads one field; `undefined` when the value does not fit, which it says in `place.complaints`. */
export type FieldReader<Value> = (
  value: Exclude<GoValue, { type: 'null' }>,
  place: Place,
  earlier: Value | undefined,
) => Value | undefined

type Fields = Readonly<Record<string, FieldReader<never>>>
export type Decoded<Shape> = {
  [Name in keyof Shape]?: Shape[Name] extends FieldReader<infer Value> ? Value : never
}

/**
 * Decodes a request body into the fields of a Go struct. Keys match in any case, the last of several wins, unknown ones
 * are ignored, null leaves a field as it was. Throws `GoError` with the text that Ollama answers under status 400.
 */
export function decodeBody<Shape>(
  body: Buffer,
  struct: string,
  shape: Shape,
  goPackage: 'api' | 'openai' | 'anthropic' = 'api',
): Decoded<Shape> {
  const value = scanFirstValue(body)
  if (value === undefined) throw new GoError(goPackage === 'api' ? 'missing request body' : 'EOF')
  const complaints: string[] = []
  const decoded = decodeFields(value, struct, shape, complaints, goPackage)
  if (complaints[0] !== undefined) throw new GoError(complaints[0])
  return decoded
}

function decodeFields<Shape>(
  value: GoValue,
  struct: string,
  shape: Shape,
  complaints: string[],
  goPackage: string,
): Decoded<Shape> {
  const decoded: Record<string, unknown> = {}
  if (value.type === 'null') return decoded as Decoded<Shape>
  if (value.type !== 'object') {
    complaints.push(
      `json: cannot unmarshal ${value.type} into Go value of type ${goPackage}.${struct}`,
    )
    return decoded as Decoded<Shape>
  }
  for (const [key, fieldValue] of value.pairs) {
    const name = fieldNamed(shape as Fields, key)
    if (name === undefined || fieldValue.type === 'null') continue
    const read = (shape as Record<string, FieldReader<unknown>>)[name]
    const got = read?.(fieldValue, { struct, path: name, complaints }, decoded[name])
    if (got !== undefined) decoded[name] = got
  }
  return decoded as Decoded<Shape>
}

function fieldNamed(shape: Fields, key: string): string | undefined {
  if (Object.hasOwn(shape, key)) return key
  return Object.keys(shape).find((name) => name.toLowerCase() === key.toLowerCase())
}

/** Notes that the value is of the wrong type for a field of Go type `goType`. */
export function complain(value: GoValue, place: Place, goType: string): undefined {
  const what =
    value.type === 'number' && goType.startsWith('int') ? numberNamed(value.text) : value.type
  const where = `${place.struct}.${place.path}`
  place.complaints.push(
    `json: cannot unmarshal ${what} into Go struct field ${where} of type ${goType}`,
  )
  return undefined
}

/** A number that does not fit an integer is named with its spelling. */
function numberNamed(text: string): string {
  return `number ${text}`
}

export const goString: FieldReader<string> = (value, place) =>
  value.type === 'string' ? value.value : complain(value, place, 'string')

export const goBool: FieldReader<boolean> = (value, place) =>
  value.type === 'bool' ? value.value : complain(value, place, 'bool')

export const goInt: FieldReader<number> = (value, place) =>
  value.type === 'number' && /^-?\d+$/.test(value.text)
    ? Number(value.text)
    : complain(value, place, 'int')

export const goFloat: FieldReader<number> = (value, place) =>
  value.type === 'number' ? Number(value.text) : complain(value, place, 'float64')

export const goInts: FieldReader<number[]> = (value, place) => {
  if (value.type !== 'array') return complain(value, place, '[]int')
  return value.items.flatMap((item) =>
    item.type === 'null' ? 0 : (goInt(item, place, undefined) ?? []),
  )
}

/** Any JSON value, as JavaScript has it. */
export const goAny: FieldReader<unknown> = (value) => plainOf(value)

/** The value's own spelling. */
export const goRaw: FieldReader<string> = (value) =>
  value.type === 'array' || value.type === 'object' ? value.raw : spellingOf(value)

/** A free map. Go decodes a repeated one into the same map, so that both merge; its numbers must fit a float64. */
export const goMap: FieldReader<Record<string, unknown>> = (value, place, earlier) => {
  if (value.type !== 'object') return complain(value, place, 'map[string]interface {}')
  const huge = hugeNumberIn(value)
  if (huge !== undefined) {
    const { struct, path, complaints } = place
    complaints.push(
      `json: cannot unmarshal number ${huge} into Go struct field ${struct}.${path} of type float64`,
    )
    return undefined
  }
  return { ...earlier, ...(plainOf(value) as Record<string, unknown>) }
}

/** Strings of standard base64 with padding. */
export const goBase64List: FieldReader<Buffer[]> = (value, place) => {
  if (value.type !== 'array') return complain(value, place, '[]api.ImageData')
  return value.items.flatMap((item) => {
    if (item.type !== 'string')
      return item.type === 'null' ? [] : (complain(item, place, 'api.ImageData') ?? [])
    const wrongAt = base64Fault(item.value)
    if (wrongAt === undefined) return Buffer.from(item.value, 'base64')
    place.complaints.push(`illegal base64 data at input byte ${wrongAt}`)
    return []
  })
}

/** A list of structs that decode themselves, under their Go type names. */
export function goStructs<Shape>(
  listType: string,
  itemType: string,
  shape: Shape,
): FieldReader<Decoded<Shape>[]> {
  return (value, place) => {
    if (value.type !== 'array') return complain(value, place, listType)
    return value.items.map((item) => {
      if (item.type !== 'object' && item.type !== 'null') throw typeError(item, place, itemType)
      const inner: string[] = []
      const fields = prefixed(shape, place.path)
      const decoded = decodeFields(item, place.struct, fields, inner, '')
      if (inner[0] !== undefined) throw new GoError(inner[0])
      return decoded
    })
  }
}

function prefixed<Shape>(shape: Shape, prefix: string): Shape {
  const entries = Object.entries(shape as Record<string, FieldReader<unknown>>)
  const wrapped = entries.map(([name, read]) => {
    const inner: FieldReader<unknown> = (value, place, earlier) =>
      read(value, { ...place, path: `${prefix}.${place.path}` }, earlier)
    return [name, inner] as const
  })
  return Object.fromEntries(wrapped) as Shape
}

function typeError(value: GoValue, place: Place, goType: string): GoError {
  const complaints: string[] = []
  complain(value, { ...place, complaints }, goType)
  return new GoError(complaints[0])
}

/** The spelling of a number that is too large for a float64. */
function hugeNumberIn(value: GoValue): string | undefined {
  if (value.type === 'number') return Number.isFinite(Number(value.text)) ? undefined : value.text
  const items =
    value.type === 'array'
      ? value.items
      : value.type === 'object'
        ? value.pairs.map(([, item]) => item)
        : []
  return items.map(hugeNumberIn).find((text) => text !== undefined)
}

function plainOf(value: GoValue): unknown {
  if (value.type === 'null') return null
  if (value.type === 'number') return Number(value.text)
  if (value.type === 'array') return value.items.map(plainOf)
  if (value.type !== 'object') return value.value
  return Object.fromEntries(value.pairs.map(([key, item]) => [key, plainOf(item)]))
}

function spellingOf(value: Exclude<GoValue, { type: 'array' | 'object' }>): string {
  return value.type === 'number' ? value.text : JSON.stringify(plainOf(value))
}

/** First offset that is not standard base64, or `undefined` when all is well. */
function base64Fault(text: string): number | undefined {
  const good = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0
  const rest = text.slice(good)
  const isWhole = (rest === '' || rest === '=' || rest === '==') && text.length % 4 === 0
  return isWhole ? undefined : good
}
