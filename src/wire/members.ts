import { jsonLimits } from './go-json/index.ts'

/**
 * The top level of a JSON object, seen without building its values: bodies hold megabytes of images. Linear, one pass,
 * no recursion, no copy. Lenient: inside a value only brackets are counted and strings skipped; who answers the request
 * judges the rest.
 */

/** Where a member's value lies: `start` is its first byte, `end` the one behind its last. */
export interface MemberSpan {
  readonly start: number
  readonly end: number
}

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** The longest key that anyone asks for (`quantization_level`), every character written as an escape, and its quotes. */
const keyBytesMax = 18 * 6 + 2

/**
 * Bytes of a string looked at one by one before a native search for the quote is worth its call. Without the bound a
 * string of escaped quotes would pay for a search at every one of them.
 */
const searchAfterBytes = 128

/**
 * Calls `visit` for each member in order, with the key in lower case as Go folds it, or '' for one too long to be asked
 * for. False when the bytes are no whole JSON object, or one beyond `jsonLimits`; members before the fault have been seen then.
 */
export function scanMembers(
  bytes: Buffer,
  visit: (key: string, value: MemberSpan) => void,
): boolean {
  let at = skipBlanks(bytes, 0)
  if (bytes[at] !== openBrace) return false
  at = skipBlanks(bytes, at + 1)
  if (bytes[at] === closeBrace) return true
  for (let keys = 0; keys < jsonLimits.keysMax; keys++) {
    if (bytes[at] !== quote) return false
    const keyEnd = skipString(bytes, at)
    const key = foldedKey(bytes, at, keyEnd)
    at = skipBlanks(bytes, keyEnd)
    if (bytes[at] !== colon) return false
    const start = skipBlanks(bytes, at + 1)
    const end = skipValue(bytes, start)
    if (end === start || end > bytes.length) return false
    visit(key, { start, end })
    at = skipBlanks(bytes, end)
    if (bytes[at] === closeBrace) return true
    if (bytes[at] !== comma) return false
    at = skipBlanks(bytes, at + 1)
  }
  return false
}

/** The text of the string whose quotes stand at both ends; undefined when it is none. */
export function stringAt(bytes: Buffer, { start, end }: MemberSpan): string | undefined {
  if (bytes[start] !== quote) return undefined
  if (isPlain(bytes, start + 1, end - 1)) return bytes.toString('latin1', start + 1, end - 1)
  try {
    return String(JSON.parse(bytes.toString('utf8', start, end))).toWellFormed()
  } catch {
    return undefined // a bad escape or a control character: whoever answers the request says so
  }
}

/** True when the value is `null`. */
export function isNull(bytes: Buffer, { start }: MemberSpan): boolean {
  return bytes[start] === 0x6e
}

/** The first byte from `at` on that is no blank. */
export function skipBlanks(bytes: Buffer, at: number): number {
  let next = at
  for (;;) {
    const byte = bytes[next]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return next
    next++
  }
}

function foldedKey(bytes: Buffer, start: number, end: number): string {
  if (end - start > keyBytesMax) return ''
  if (isPlain(bytes, start + 1, end - 1))
    return bytes.toString('latin1', start + 1, end - 1).toLowerCase()
  return (stringAt(bytes, { start, end }) ?? '').replaceAll('ſ', 's').toLowerCase()
}

/** True where the bytes of a string are its text: ASCII without escapes and control characters. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte < 0x20 || byte > 0x7e || byte === backslash) return false
  }
  return true
}

/** Behind the value; at `start` where there is none, beyond the end where it is cut off. */
function skipValue(bytes: Buffer, start: number): number {
  const first = bytes[start]
  if (first === quote) return skipString(bytes, start)
  if (first === openBrace || first === openBracket) return skipNested(bytes, start)
  let at = start
  while (isLiteral(bytes[at])) at++
  return at
}

/** What a byte means between the brackets of a value; all others are passed over. */
const meanings = new Uint8Array(256)
const [passes, opens, closes, separates, quotes] = [0, 1, 2, 3, 4]
meanings[openBrace] = opens
meanings[openBracket] = opens
meanings[closeBrace] = closes
meanings[closeBracket] = closes
meanings[comma] = separates
meanings[quote] = quotes

function skipNested(bytes: Buffer, start: number): number {
  const length = bytes.length
  let depth = 0
  let values = 0
  for (let at = start; at < length; at++) {
    const meaning = meanings[bytes[at] ?? 0]
    if (meaning === passes) continue
    if (meaning === quotes) at = skipString(bytes, at) - 1
    else if (meaning === opens) depth++
    else if (meaning === closes) {
      depth--
      if (depth === 0) return at + 1
    } else if (++values > jsonLimits.valuesMax) break
  }
  return length + 1
}

/** From an opening quote to behind the closing one, or beyond the end. */
export function skipString(bytes: Buffer, start: number): number {
  const length = bytes.length
  let at = start + 1
  for (;;) {
    const nearEnd = Math.min(at + searchAfterBytes, length)
    while (at < nearEnd) {
      const byte = bytes[at]
      if (byte === quote) return at + 1
      at += byte === backslash ? 2 : 1
    }
    if (at >= length) return length + 1
    const found = bytes.indexOf(quote, at)
    if (found < 0) return length + 1
    let slashes = 0
    while (found - slashes > at && bytes[found - slashes - 1] === backslash) slashes++
    at = found + 1
    if (slashes % 2 === 0) return at
  }
}

/** Numbers and the three words. */
function isLiteral(byte: number | undefined): boolean {
  if (byte === undefined) return false
  const isDigit = byte >= 0x30 && byte <= 0x39
  const isLetter = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a)
  return isDigit || isLetter || byte === 0x2b || byte === 0x2d || byte === 0x2e
}
