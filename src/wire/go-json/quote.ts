const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
])

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** True for what Go prints as it is: letters, marks, numbers, punctuation, symbols, and of the blanks only the plain space. */
export function isGoPrintable(character: string): boolean {
  return printable.test(character)
}

/**
 * The text in quotes as Go's `%q` prints it; Ollama's error texts and templates use it. Source: Go strconv.Quote, QuoteToASCII and
 * QuoteRune.
 */
export function goQuote(
  text: string,
  { mark = '"', isAscii = false }: { mark?: string; isAscii?: boolean } = {},
): string {
  let quoted = mark
  for (const character of text.toWellFormed()) {
    const isShown = isGoPrintable(character) && !(isAscii && character > '~')
    if (character === mark) quoted += `\\${mark}`
    else quoted += shortEscapes.get(character) ?? (isShown ? character : hex(character))
  }
  return quoted + mark
}

/** One byte in single quotes, as Go's JSON errors name the character that does not fit. */
export function goQuoteByte(byte: number): string {
  if (byte === 0x27) return "'\\''"
  if (byte === 0x22) return `'"'`
  return `'${goQuote(String.fromCharCode(byte)).slice(1, -1)}'`
}

function hex(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x1_0000
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`
}
