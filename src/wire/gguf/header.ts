import { Cursor, type ReadBytes } from './cursor.ts'
import { ggufLimits, refused, shown } from './limits.ts'
import { type GgufTensor, placeTensors, readTensorTable } from './tensor.ts'
import { type GgufValue, readTypedValue } from './value.ts'

/** What a GGUF file says before its tensors' data. */
export interface GgufHeader {
  readonly version: number
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** Where each key ends in the file with its value, in the order of `metadata`; the first begins at byte 24. */
  readonly keyEnds: readonly number[]
  readonly tensors: readonly GgufTensor[]
  /** Elements of all tensors together. */
  readonly parameterCount: number
  /** Bytes; every tensor starts at a multiple. */
  readonly alignment: number
  /** Where the tensors' data begins. */
  readonly dataOffsetBytes: number
}

const magic = 0x46554747 // "GGUF"
const defaultAlignment = 32

/** Key length, type, and a value of one byte. */
const entryBytesMin = 8 + 4 + 1

/**
 * Reads and judges the header of a GGUF file, version 2 or 3, before llama.cpp sees it. Memory and time are bounded by
 * `ggufLimits`, whatever the file says. `read` must be synchronous and may be called for any part of the file. Throws
 * OD_GGUF_INVALID with the reason. Source: ggml docs/gguf.md; what is refused beyond it has aborted llama.cpp.
 */
export function readGgufHeader(read: ReadBytes, fileSizeBytes: number): GgufHeader {
  const cursor = new Cursor(read, fileSizeBytes)
  if (cursor.uint32() !== magic) throw refused('it does not begin with "GGUF"')
  const version = readVersion(cursor)
  const tensorCount = cursor.uint64()
  if (tensorCount > ggufLimits.tensorsMax) throw refused('it has too many tensors')
  const keyEnds: number[] = []
  const metadata = readMetadata(cursor, keyEnds)
  const alignment = readAlignment(metadata)
  judgeValues(metadata)
  const { tensors, parameterCount } = readTensorTable(cursor, tensorCount, alignment)
  const dataOffsetBytes = Math.ceil(cursor.at / alignment) * alignment
  return {
    version,
    metadata,
    keyEnds,
    tensors: placeTensors(tensors, dataOffsetBytes, fileSizeBytes),
    parameterCount,
    alignment,
    dataOffsetBytes,
  }
}

/** The text under `key`; undefined when there is none, or something else. */
export function ggufText(header: GgufHeader, key: string): string | undefined {
  const value = header.metadata.get(key)
  return value?.type === 'string' ? value.value : undefined
}

/** The whole number under `key`; undefined when there is none, or something else. */
export function ggufInteger(header: GgufHeader, key: string): number | undefined {
  const value = header.metadata.get(key)
  return value === undefined ? undefined : integerIn(value)
}

/** The switch under `key`; undefined when there is none, or something else. */
export function ggufFlag(header: GgufHeader, key: string): boolean | undefined {
  const value = header.metadata.get(key)
  return value?.type === 'bool' ? value.value : undefined
}

function readVersion(cursor: Cursor): number {
  const version = cursor.uint32()
  if (version === 2 || version === 3) return version
  if (version > 0 && version % 0x1_0000 === 0) throw refused('its byte order is big-endian')
  throw refused(`version ${version} of the format is not supported`)
}

function readMetadata(cursor: Cursor, ends: number[]): ReadonlyMap<string, GgufValue> {
  const count = cursor.uint64()
  if (count > ggufLimits.keysMax) throw refused('it has too many keys')
  cursor.planWalk(count, entryBytesMin)
  const metadata = new Map<string, GgufValue>()
  for (let index = 0; index < count; index++) {
    const key = cursor.text(ggufLimits.keyBytesMax)
    if (metadata.has(key)) throw refused(`key ${shown(key)} is there twice`)
    metadata.set(key, readTypedValue(cursor))
    ends.push(cursor.at)
  }
  return metadata
}

function readAlignment(metadata: ReadonlyMap<string, GgufValue>): number {
  const value = metadata.get('general.alignment')
  if (value === undefined) return defaultAlignment
  const alignment = integerIn(value) ?? 0
  const isPowerOfTwo = alignment > 0 && Number.isInteger(Math.log2(alignment))
  if (!isPowerOfTwo || alignment > ggufLimits.alignmentMax) throw refused('its alignment is none')
  return alignment
}

/** Values that crash or confuse those who believe them. */
function judgeValues(metadata: ReadonlyMap<string, GgufValue>): void {
  for (const [key, value] of metadata) {
    if (key.endsWith('.block_count')) {
      const blocks = integerIn(value)
      if (blocks === undefined || blocks < 0 || blocks > ggufLimits.blockCountMax) {
        throw refused(`${shown(key)} is out of range`)
      }
    }
    if (key.endsWith('epsilon')) {
      const isNumber = value.type === 'float32' || value.type === 'float64'
      if (!isNumber || !Number.isFinite(value.value) || value.value < 0) {
        throw refused(`${shown(key)} is no small number`)
      }
    }
  }
}

function integerIn(value: GgufValue): number | undefined {
  switch (value.type) {
    case 'uint64':
    case 'int64': {
      const number = Number(value.value)
      return Number.isSafeInteger(number) ? number : undefined
    }
    case 'float32':
    case 'float64':
    case 'bool':
    case 'string':
    case 'array':
      return undefined
    default:
      return value.value
  }
}
