/** How the parts of a GGUF file that was split become one again. Pure. Source: llama.cpp tools/gguf-split, gguf_merge. */
import type { ReadBytes } from './cursor.ts'
import { type GgufHeader, ggufInteger } from './header.ts'
import { refused } from './limits.ts'
import { tensorTypeNumber } from './tensor.ts'

/** Says of a part which it is, and what is gone when they are one. */
const splitKeys: ReadonlySet<string> = new Set(['split.no', 'split.count', 'split.tensors.count'])

/** The magic, the version, and the two counts come before. */
const keysOffsetBytes = 24

/** Bytes of a part that stand in the whole, and zeros behind them. */
export interface JoinPiece {
  /** Index among the parts as they were given. */
  readonly part: number
  readonly offsetBytes: number
  readonly sizeBytes: number
  readonly paddingBytes: number
}

export interface GgufJoin {
  readonly head: Uint8Array
  /** What follows the head, in order. */
  readonly pieces: readonly JoinPiece[]
  readonly sizeBytes: number
}

/** True for a file that is a part of a larger one. */
export function isGgufPart(header: GgufHeader): boolean {
  return (ggufInteger(header, 'split.count') ?? 1) > 1
}

/**
 * Plans the whole of parts in any order; the metadata is that of the first, which `readers` gives. Throws `OD_GGUF_INVALID` when one is
 * missing or does not belong to the others.
 */
export function planGgufJoin(
  headers: readonly GgufHeader[],
  readers: readonly ReadBytes[],
): GgufJoin {
  const order = inOrder(headers)
  const firstIndex = order[0] ?? 0
  const first = headers[firstIndex]
  const read = readers[firstIndex]
  if (first === undefined || read === undefined) throw refused('it has no first part')
  const { alignment } = first
  const keys = [...first.metadata.keys()].flatMap((key, at) => {
    const from = first.keyEnds[at - 1] ?? keysOffsetBytes
    return splitKeys.has(key) ? [] : [{ from, end: first.keyEnds[at] ?? from }]
  })
  const infos: Uint8Array[] = []
  const pieces: JoinPiece[] = []
  const names = new Set<string>()
  let dataBytes = 0
  for (const part of order) {
    for (const { name, shape, type, offsetBytes, sizeBytes } of headers[part]?.tensors ?? []) {
      if (names.has(name)) throw refused('two of its parts have the same tensor')
      names.add(name)
      infos.push(tensorInfo(name, shape, type, dataBytes))
      const paddingBytes = upTo(sizeBytes, alignment) - sizeBytes
      pieces.push({ part, offsetBytes, sizeBytes, paddingBytes })
      dataBytes += sizeBytes + paddingBytes
    }
  }
  const start = Buffer.alloc(keysOffsetBytes)
  start.write('GGUF')
  start.writeUInt32LE(first.version, 4)
  start.writeBigUInt64LE(BigInt(infos.length), 8)
  start.writeBigUInt64LE(BigInt(keys.length), 16)
  const values = keys.map(({ from, end }) => read(from, end - from))
  const plain = Buffer.concat([start, ...values, ...infos])
  const padding = Buffer.alloc(upTo(plain.length, alignment) - plain.length)
  const head = Buffer.concat([plain, padding])
  return { head, pieces, sizeBytes: head.length + dataBytes }
}

/** Indices of the parts by their numbers. */
function inOrder(headers: readonly GgufHeader[]): readonly number[] {
  const count = headers[0] && ggufInteger(headers[0], 'split.count')
  const numbers = headers.map((header) => {
    if (ggufInteger(header, 'split.count') !== count) {
      throw refused('parts of different files came together')
    }
    return ggufInteger(header, 'split.no')
  })
  if (headers.length !== count) throw refused(`of its ${count} parts ${headers.length} came`)
  return headers.map((_, number) => {
    const index = numbers.indexOf(number)
    if (index < 0) throw refused(`its part ${number + 1} of ${count} did not come`)
    return index
  })
}

function tensorInfo(
  name: string,
  shape: readonly number[],
  type: string,
  offset: number,
): Uint8Array {
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
