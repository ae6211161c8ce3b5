/**
 * A JSON text read as Go's decoder reads it: members in the order in which they came, duplicates and spelling kept,
 * numbers as text. What the values mean is decided later, by the type they are read into.
 */

interface Span {
  /** Offsets into the bytes that were read. */
  readonly start: number
  readonly end: number
}

interface NullNode extends Span {
  readonly kind: 'null'
}
interface BoolNode extends Span {
  readonly kind: 'bool'
  readonly value: boolean
}
interface NumberNode extends Span {
  readonly kind: 'number'
  /** As written: `1e3` and `1000` are different texts, and Go tells them apart. */
  readonly text: string
}
interface StringNode extends Span {
  readonly kind: 'string'
  readonly value: string
}
interface ArrayNode extends Span {
  readonly kind: 'array'
  readonly items: readonly JsonNode[]
}
export interface ObjectNode extends Span {
  readonly kind: 'object'
  readonly members: readonly Member[]
}
export interface Member {
  readonly key: string
  readonly value: JsonNode
}

export type JsonNode = NullNode | BoolNode | NumberNode | StringNode | ArrayNode | ObjectNode

/** What JSON can say, as JavaScript says it. Objects have no prototype, so that no key means anything but itself. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Each bound with its reason. They hold for a request, a manifest, a config file of a model. */
export const jsonLimits = {
  /** No schema or tool call comes near; deeper text is an attack on recursion. */
  depthMax: 128,
  /** A tool with more properties than this does not fit any model's context. */
  keysMax: 10_000,
  /** Tokens of a long context, inputs of a large batch. */
  itemsMax: 100_000,
  /** All values of one text together; each costs about 100 bytes of memory. */
  valuesMax: 1_000_000,
} as const

/**
 * True where Go takes a key for a field's name: the case does not matter, and two letters outside ASCII count as `s`
 * and `k`. Source: encoding/json fold.go.
 */
export function isSameKey(key: string, name: string): boolean {
  if (key === name) return true
  if (key.length !== name.length) return false
  return key.replaceAll('ſ', 's').toLowerCase() === name.toLowerCase()
}

/**
 * The node as a plain value. Of equal keys the last counts; numbers become doubles, as in Go's `any`. `onOverflow` hears
 * of every number that no double can hold; it becomes an infinity.
 */
export function plainValue(node: JsonNode, onOverflow?: (text: string) => void): JsonValue {
  switch (node.kind) {
    case 'object':
      return plainObject(node, onOverflow)
    case 'array':
      return node.items.map((item) => plainValue(item, onOverflow))
    case 'number': {
      const value = Number(node.text)
      if (!Number.isFinite(value)) onOverflow?.(node.text)
      return value
    }
    case 'null':
      return null
    default:
      return node.value
  }
}

/** As `plainValue`, of an object. */
export function plainObject(node: ObjectNode, onOverflow?: (text: string) => void): JsonObject {
  const object: Record<string, JsonValue> = Object.create(null)
  for (const { key, value } of node.members) object[key] = plainValue(value, onOverflow)
  return object
}
