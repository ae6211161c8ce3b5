import { type JsonNode, type JsonObject, type JsonValue, plainObject, plainValue } from './node.ts'
import { type Reader, type Reading, readNested } from './reading.ts'

/** A slice; `goType` as Go prints it, for example `[]int`. */
export function list<T>(reader: Reader<T>, goType: string): Reader<readonly T[]> {
  return {
    zero: [],
    nullResets: true,
    read(node, reading) {
      if (node.kind === 'array') return node.items.map((item) => readItem(reader, item, reading))
      reading.misfit(node.kind, goType)
      return []
    },
  }
}

function readItem<T>(reader: Reader<T>, node: JsonNode, reading: Reading): T {
  return node.kind === 'null' && reader.takesNull !== true
    ? reader.zero
    : reader.read(node, reading)
}

/** A value that may be absent: `null` makes it so. */
export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return { zero: undefined, nullResets: true, read: (node, reading) => reader.read(node, reading) }
}

/**
 * A type that reads itself (`UnmarshalJSON`): it sees `null`, and its first failure ends the reading, told from the
 * outermost struct.
 */
export function selfReading<T>(reader: Reader<T>): Reader<T> {
  return {
    zero: reader.zero,
    nullResets: false,
    takesNull: true,
    read(node, reading) {
      if (node.kind === 'null') return reader.zero
      return readNested(reader, node, reading)
    },
  }
}

export const text: Reader<string> = {
  zero: '',
  nullResets: false,
  read(node, reading) {
    if (node.kind === 'string') return node.value
    reading.misfit(node.kind, 'string')
    return ''
  },
}

export const flag: Reader<boolean> = {
  zero: false,
  nullResets: false,
  read(node, reading) {
    if (node.kind === 'bool') return node.value
    reading.misfit(node.kind, 'bool')
    return false
  },
}

const integerMax = 2n ** 63n

/** Go's `int`. Digits beyond what a double counts exactly are rounded; no field of Ollama's needs them. */
export const integer: Reader<number> = {
  zero: 0,
  nullResets: false,
  read(node, reading) {
    if (node.kind !== 'number') {
      reading.misfit(node.kind, 'int')
      return 0
    }
    if (/^-?\d{1,19}$/.test(node.text)) {
      const value = BigInt(node.text)
      if (value < integerMax && value >= -integerMax) return Number(value)
    }
    reading.misfit(`number ${node.text}`, 'int')
    return 0
  },
}

/** Go's `float64`, or `float32`, whose nearest value a double may miss by its last digits; no option of Ollama's tells. */
export function float(goType: 'float32' | 'float64'): Reader<number> {
  return {
    zero: 0,
    nullResets: false,
    read(node, reading) {
      if (node.kind !== 'number') {
        reading.misfit(node.kind, goType)
        return 0
      }
      const value = Number(node.text)
      if (Number.isFinite(value)) return value
      reading.misfit(`number ${node.text}`, goType)
      return 0
    },
  }
}

/** Go's `any`. */
export const anything: Reader<JsonValue> = {
  zero: null,
  nullResets: true,
  takesNull: true,
  read: (node, reading) => plainValue(node, tooLarge(reading)),
}

/** Go's `map[string]any`. */
export const anyMap: Reader<JsonObject> = {
  zero: {},
  nullResets: true,
  read(node, reading, before) {
    if (node.kind === 'object') return joined(before, plainObject(node, tooLarge(reading)))
    reading.misfit(node.kind, 'map[string]interface {}')
    return {}
  },
}

/** Without a prototype, as `plainObject` makes them: no key means anything but itself. */
function joined(before: JsonObject | undefined, after: JsonObject): JsonObject {
  return Object.assign(Object.create(null), before, after)
}

/** Go's `json.RawMessage`: the text as it came. */
export const rawJson: Reader<string | undefined> = {
  zero: undefined,
  nullResets: false,
  takesNull: true,
  read: ({ start, end }, { bytes }) =>
    Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString(),
}

function tooLarge(reading: Reading): (text: string) => void {
  return (text) => reading.misfit(`number ${text}`, 'float64')
}
