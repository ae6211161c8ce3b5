/** Go's strings are UTF-8 bytes; these give its lengths, orders and names for ours. */
import { isGoPrintable } from '../../wire/go-json/index.ts'

export { goQuote as quote, isGoPrintable as isPrintable } from '../../wire/go-json/index.ts'

/** Bytes of the text as UTF-8; a lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    bytes += 1
    if (unit < 0x800) continue
    bytes += 1
    if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) i++
  }
  return bytes
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

/** Bytes `from` to `to` of the text. A character cut in its middle becomes U+FFFD: we hold no broken UTF-8. */
export function sliceBytes(text: string, from: number, to: number): string {
  if (utf8Length(text) === text.length) return text.slice(from, to)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    new TextEncoder().encode(text).subarray(from, to),
  )
}

/** Byte `index` of the text; it must be below its length. */
export function byteAt(text: string, index: number): number {
  return new TextEncoder().encode(text)[index] ?? 0
}

/** Order of UTF-8 bytes, which is the order of code points and not of UTF-16 units. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}

/** A character as Go's `%U` names it: `U+007D`, with at least `digits`; `withCharacter` adds the character. */
export function unicodeName(code: bigint, digits: number, withCharacter: boolean): string {
  const name = `U+${code.toString(16).toUpperCase().padStart(digits, '0')}`
  const isCodePoint = code <= 0x10ffffn && !(code >= 0xd800n && code < 0xe000n)
  const character = isCodePoint ? String.fromCodePoint(Number(code)) : ''
  return withCharacter && isGoPrintable(character) ? `${name} '${character}'` : name
}
