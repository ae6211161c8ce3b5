/** How the parts of a GGUF file that was split become one again. Pure. Source: llama.cpp tools/gguf-split, gguf_merge. */
import type { ReadBytes } from './cursor.ts'
import { rawKeys, writeGgufHead } from './head.ts'
import { type GgufHeader, ggufInteger } from './header.ts'
import { refused } from './limits.ts'

/** Says of a part which it is, and what is gone when they are one. */
const splitKeys: ReadonlySet<string> = new Set(['split.no', 'split.count', 'split.tensors.count'])

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
  const keys = [...rawKeys(first, read)].flatMap(([key, bytes]) =>
    splitKeys.has(key) ? [] : [bytes],
  )
  const tensors = order.flatMap((part) =>
    (headers[part]?.tensors ?? []).map((tensor) => ({ ...tensor, part })),
  )
  if (new Set(tensors.map(({ name }) => name)).size < tensors.length) {
    throw refused('two of its parts have the same tensor')
  }
  const { version, alignment } = first
  const { bytes: head, places } = writeGgufHead({ version, alignment, keys, tensors })
  const pieces = tensors.map(({ part, offsetBytes, sizeBytes }, index) => {
    const { paddingBytes = 0 } = places[index] ?? {}
    return { part, offsetBytes, sizeBytes, paddingBytes }
  })
  const dataBytes = pieces.reduce((sum, one) => sum + one.sizeBytes + one.paddingBytes, 0)
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
