/** Writes what stands before the tensors' data in a GGUF file. Pure. Source: ggml docs/gguf.md. */
import type { ReadBytes } from './cursor.ts'
import type { GgufHeader } from './header.ts'
import { tensorBytes, tensorTypeNumber } from './tensor.ts'

/** The magic, the version, and the two counts come before. */
const keysOffsetBytes = 24

/** A tensor whose data has yet to be written. */
export interface TensorInfo {
  readonly name: string
  /** Elements per dimension, the innermost first. */
  readonly shape: readonly number[]
  readonly type: string
}

/** A head, and where its tensors lie, in their order. */
export interface GgufHead {
  readonly bytes: Uint8Array
  readonly places: readonly { readonly sizeBytes: number; readonly paddingBytes: number }[]
}

/** `keys`: of each its name, its type and its value, as they stand in the file. Tensors follow each other without gaps but padding. */
export function writeGgufHead({
  version,
  alignment,
  keys,
  tensors,
}: {
  readonly version: number
  /** Bytes; a power of two. */
  readonly alignment: number
  readonly keys: readonly Uint8Array[]
  readonly tensors: readonly TensorInfo[]
}): GgufHead {
  const start = Buffer.alloc(keysOffsetBytes)
  start.write('GGUF')
  start.writeUInt32LE(version, 4)
  start.writeBigUInt64LE(BigInt(tensors.length), 8)
  start.writeBigUInt64LE(BigInt(keys.length), 16)
  let dataBytes = 0
  const infos: Uint8Array[] = []
  const places = tensors.map((tensor) => {
    infos.push(infoBytes(tensor, dataBytes))
    const sizeBytes = tensorBytes(tensor.type, tensor.shape)
    const paddingBytes = upTo(sizeBytes, alignment) - sizeBytes
    dataBytes += sizeBytes + paddingBytes
    return { sizeBytes, paddingBytes }
  })
  const plain = Buffer.concat([start, ...keys, ...infos])
  const padding = Buffer.alloc(upTo(plain.length, alignment) - plain.length)
  return { bytes: Buffer.concat([plain, padding]), places }
}

/** The keys of a file by name, each with the bytes that it takes there with its value. */
export function rawKeys(header: GgufHeader, read: ReadBytes): ReadonlyMap<string, Uint8Array> {
  return new Map(
    [...header.metadata.keys()].map((key, at) => {
      const from = header.keyEnds[at - 1] ?? keysOffsetBytes
      return [key, read(from, (header.keyEnds[at] ?? from) - from)]
    }),
  )
}

function infoBytes({ name, shape, type }: TensorInfo, offset: number): Uint8Array {
  const text = Buffer.from(name)
  const bytes = Buffer.alloc(8 + text.length + 4 + shape.length * 8 + 4 + 8)
  let at = bytes.writeBigUInt64LE(BigInt(text.length))
  at += text.copy(bytes, at)
  at = bytes.writeUInt32LE(shape.length, at)
  for (const size of shape) at = bytes.writeBigUInt64LE(BigInt(size), at)
  at = bytes.writeUInt32LE(tensorTypeNumber(type), at)
  bytes.writeBigUInt64LE(BigInt(offset), at)
  return bytes
}

function upTo(size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment
}
