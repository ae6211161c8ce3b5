/** Constants of the template language. Source: Go strconv (Unquote, ParseInt, ParseFloat) and text/template/parse. */

const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
}

const escapes = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/suy

/** The text that a quoted or raw literal stands for; undefined when it is malformed. */
export function unquote(literal: string): string | undefined {
  const mark = literal[0] ?? ''
  const inner = literal.slice(1, -1)
  if (literal.length < 2 || literal.at(-1) !== mark) return undefined
  if (mark === '`') return inner.replaceAll('\r', '')
  if (!inner.includes('\\')) return inner.includes('\n') || inner.includes(mark) ? undefined : inner
  const bytes: number[] = []
  for (let at = 0; at < inner.length; ) {
    const escape = inner.indexOf('\\', at)
    const plainEnd = escape < 0 ? inner.length : escape
    for (const byte of new TextEncoder().encode(inner.slice(at, plainEnd))) bytes.push(byte)
    if (escape < 0) break
    const length = pushEscape(inner, escape, mark, bytes)
    if (length === undefined) return undefined
    at = escape + length
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
}

/** Adds what the escape at `at` means; returns its length in the source. */
function pushEscape(source: string, at: number, mark: string, bytes: number[]): number | undefined {
  escapes.lastIndex = at
  const match = escapes.exec(source)
  if (match === null) return undefined
  const [whole, byteHex, unitHex, codeHex, octal, letter] = match
  if (byteHex !== undefined || octal !== undefined) {
    const byte =
      octal === undefined ? Number.parseInt(byteHex ?? '', 16) : Number.parseInt(octal, 8)
    if (byte > 255) return undefined
    bytes.push(byte)
  } else if (letter !== undefined) {
    const code = letter === mark ? mark.charCodeAt(0) : simple[letter]
    if (code === undefined) return undefined
    bytes.push(code)
  } else {
    const code = Number.parseInt(unitHex ?? codeHex ?? '', 16)
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
    for (const byte of new TextEncoder().encode(String.fromCodePoint(code))) bytes.push(byte)
  }
  return whole.length
}

/** A number constant: `bigint` is Go's int, `number` its float64; or why it is none. */
export type NumberConstant = bigint | number | { readonly problem: string }

const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)
const based = new RegExp(
  `^([+-]?)(${[
    '0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*',
    '0[oO]?_?[0-7]+(?:_[0-7]+)*',
    '0[bB]_?[01]+(?:_[01]+)*',
    '0',
    '[1-9][0-9]*(?:_[0-9]+)*',
  ].join('|')})$`,
)
const decimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/
/** As Go: an underscore stands between digits, or behind the base. */
const wrongUnderscore = /(?:^|[^0-9a-fA-FxX])_|_(?:$|[^0-9a-fA-F])/

/** Reads a number as the template language does. Complex constants are not supported. */
export function parseNumber(text: string): NumberConstant {
  const match = based.exec(text)
  if (match !== null) {
    const digits = (match[2] ?? '').replaceAll('_', '').replace(/^0(?=[0-7])/, '0o')
    const value = BigInt(digits) * (match[1] === '-' ? -1n : 1n)
    if (value > int64Max || value < int64Min) return { problem: `integer overflow: "${text}"` }
    return value
  }
  const bare = text.replaceAll('_', '')
  const problem = `illegal number syntax: "${text}"`
  if (wrongUnderscore.test(text)) return { problem }
  const hex = hexadecimal.exec(bare)
  if (hex === null && !decimal.test(bare)) return { problem }
  if (!/[.eEpP]/.test(text)) return { problem: `integer overflow: "${text}"` }
  const value = hex === null ? Number(bare) : hexFloat(hex)
  return Number.isFinite(value) ? value : { problem }
}

function hexFloat([, sign, whole = '', fraction = '', power]: readonly string[]): number {
  const digits = whole + fraction
  if (digits === '') return Number.NaN
  const size = Number(BigInt(`0x${digits}`)) * 2 ** (Number(power) - 4 * fraction.length)
  return sign === '-' ? -size : size
}

/** The code point of `'x'`. */
export function parseCharacter(literal: string): NumberConstant {
  const text = unquote(literal)
  const problem = `malformed character constant: ${literal}`
  if (text === undefined) return { problem: 'invalid syntax' }
  const characters = Array.from(text)
  if (characters.length === 0) return { problem: 'invalid syntax' }
  return characters.length === 1 ? BigInt(characters[0]?.codePointAt(0) ?? 0) : { problem }
}
