import { jsonLimits } from '../go-json/index.ts'
import { skipString } from '../members.ts'

/** Which bound a text is beyond. */
export type JsonExcess = 'depth' | 'keys' | 'items'

const quote = 0x22
const comma = 0x2c

/** What kind of value is open at a depth. A list is `numbers` until something else than numbers and words is in it. */
const [isObject, isNumbers, isList] = [0, 1, 2]

/** What is open at each depth, and its commas so far; written anew by every search, which ends before another begins. */
const kinds = new Uint8Array(jsonLimits.depthMax + 1)
const counts = new Uint32Array(jsonLimits.depthMax + 1)

/**
 * Looks whether the first JSON value of `bytes` is nested deeper, has an object with more keys or a list with more items
 * than `jsonLimits`, or too many values in all; undefined when not. Lists of numbers have the last bound only: the context
 * of a long conversation is one. Linear, one pass, no recursion, no value built; lenient, because whoever answers the request judges the rest.
 */
export function findJsonExcess(bytes: Buffer): JsonExcess | undefined {
  if (isScalar(bytes)) return undefined // it ends before anything could be open
  kinds[0] = isObject
  counts[0] = 0
  const length = bytes.length
  let depth = 0
  let values = 0
  for (let at = 0; at < length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === comma) {
      const count = (counts[depth] ?? 0) + 1
      counts[depth] = count
      values++
      if (values >= jsonLimits.valuesMax) return 'items'
      if (count >= itemsMaxOf(kinds[depth])) return kinds[depth] === isObject ? 'keys' : 'items'
    } else if (byte === quote) {
      if (kinds[depth] === isNumbers) kinds[depth] = isList
      at = skipString(bytes, at) - 1
    } else if ((byte | 0x20) === 0x7b) {
      if (kinds[depth] === isNumbers) kinds[depth] = isList
      depth++
      if (depth > jsonLimits.depthMax) return 'depth'
      kinds[depth] = byte === 0x7b ? isObject : isNumbers
      counts[depth] = 0
    } else if ((byte | 0x20) === 0x7d) {
      depth--
      if (depth <= 0) return undefined
    }
  }
  return undefined
}

/** True when the first value is a text, a number or a word; what stands behind it is not read. */
function isScalar(bytes: Buffer): boolean {
  let at = 0
  while (isBlank(bytes[at])) at++
  return /["\-\dtfn]/.test(String.fromCharCode(bytes[at] ?? 0))
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function itemsMaxOf(kind: number | undefined): number {
  if (kind === isObject) return jsonLimits.keysMax
  return kind === isNumbers ? jsonLimits.valuesMax : jsonLimits.itemsMax
}
