/** Go's strings are UTF-8 bytes; these give its lengths, orders and quotes for ours. */

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

const named: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
])

/** True for what Go prints as it is: letters, marks, numbers, punctuation, symbols, and the ASCII space. */
export function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)
}

/** The text as a Go literal. Source: Go strconv.Quote, QuoteToASCII and QuoteRune. */
export function quote(
  text: string,
  { mark = '"', isAscii = false }: { mark?: string; isAscii?: boolean } = {},
): string {
  let out = mark
  for (const character of text.toWellFormed()) {
    const isShown = isPrintable(character) && !(isAscii && character > '~')
    if (character === mark) out += `\\${mark}`
    else out += named.get(character) ?? (isShown ? character : escape(character))
  }
  return out + mark
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** A character as Go's `%U` names it: `U+007D`, with at least `digits`; `withCharacter` adds the character. */
export function unicodeName(code: bigint, digits: number, withCharacter: boolean): string {
  const name = `U+${code.toString(16).toUpperCase().padStart(digits, '0')}`
  const isCodePoint = code <= 0x10ffffn && !(code >= 0xd800n && code < 0xe000n)
  const character = isCodePoint ? String.fromCodePoint(Number(code)) : ''
  return withCharacter && isPrintable(character) ? `${name} '${character}'` : name
}
