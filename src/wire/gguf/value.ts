import { Cursor, type ReadBytes } from './cursor.ts'
import { ggufLimits, refused } from './limits.ts'

/** A value of the metadata with its type; printing needs it, as 0.1 is another number as float32. */
export type GgufValue = GgufScalar | GgufArray

type GgufScalar =
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: 'uint64' | 'int64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }

type NumberType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64'

/** An array that stays in the file: vocabularies are large and hardly ever asked for. */
export interface GgufArray {
  readonly type: 'array'
  readonly elementType: GgufValue['type']
  readonly length: number
  /** Where the first element starts in the file. */
  readonly offsetBytes: number
}

/** By the number that stands for the type in the file. Source: ggml docs/gguf.md. */
const types: readonly GgufValue['type'][] = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
]

const fixedBytes = {
  uint8: 1,
  int8: 1,
  bool: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  uint64: 8,
  int64: 8,
  float64: 8,
} as const

/** A text's length, or an array's type and length, come before its content. */
const headBytes = { string: 8, array: 12 } as const

/** Reads one value with the type in front of it. */
export function readTypedValue(cursor: Cursor): GgufValue {
  return readValue(cursor, readType(cursor))
}

/** The array's elements, read now; arrays in it stay in the file. `read` as for `readGgufHeader`. */
export function readGgufArray(
  read: ReadBytes,
  fileSizeBytes: number,
  array: GgufArray,
): readonly GgufValue[] {
  const cursor = new Cursor(read, fileSizeBytes, array.offsetBytes)
  return Array.from({ length: array.length }, () => readValue(cursor, array.elementType))
}

function readType(cursor: Cursor): GgufValue['type'] {
  const type = types[cursor.uint32()]
  if (type === undefined) throw refused('a value in it has an unknown type')
  return type
}

function readValue(cursor: Cursor, type: GgufValue['type']): GgufValue {
  switch (type) {
    case 'array':
      return readArray(cursor, 1)
    case 'string':
      return { type, value: cursor.text(ggufLimits.stringBytesMax) }
    case 'bool':
      return { type, value: cursor.bytes(1)[0] !== 0 }
    case 'uint64':
      return { type, value: cursor.bytes(8).readBigUInt64LE() }
    case 'int64':
      return { type, value: cursor.bytes(8).readBigInt64LE() }
    default:
      return { type, value: readNumber(cursor.bytes(fixedBytes[type]), type) }
  }
}

function readNumber(bytes: Buffer, type: NumberType): number {
  switch (type) {
    case 'uint8':
      return bytes.readUInt8()
    case 'int8':
      return bytes.readInt8()
    case 'uint16':
      return bytes.readUInt16LE()
    case 'int16':
      return bytes.readInt16LE()
    case 'uint32':
      return bytes.readUInt32LE()
    case 'int32':
      return bytes.readInt32LE()
    case 'float32':
      return bytes.readFloatLE()
    default:
      return bytes.readDoubleLE()
  }
}

/** Notes where the array is and moves behind it. */
function readArray(cursor: Cursor, depth: number): GgufArray {
  if (depth > ggufLimits.arrayDepthMax) throw refused('its arrays are nested too deep')
  const elementType = readType(cursor)
  const length = cursor.uint64()
  if (length > ggufLimits.arrayLengthMax) throw refused('an array in it is too long')
  const array: GgufArray = { type: 'array', elementType, length, offsetBytes: cursor.at }
  if (elementType !== 'string' && elementType !== 'array') {
    cursor.pass(length * fixedBytes[elementType])
    return array
  }
  cursor.planWalk(length, headBytes[elementType])
  for (let index = 0; index < length; index++) {
    if (elementType === 'string') cursor.passText()
    else readArray(cursor, depth + 1)
  }
  return array
}
