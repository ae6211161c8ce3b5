/** What came of decoding: the bytes, or the place of the first character that does not belong, as Go counts it. */
export type Base64Reading =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly badAt: number }

/**
 * Standard base64 with padding; line ends are skipped. `Buffer` alone would take anything and drop what it does not
 * know, so a data URI would become a broken picture. Source: Go encoding/base64, StdEncoding.
 */
export function decodeBase64(text: string): Base64Reading {
  const bytes = decodeStrict(text) ?? decodeStrict(text.replaceAll(/[\r\n]/g, ''))
  return bytes === undefined ? { ok: false, badAt: firstMisfit(text) } : { ok: true, bytes }
}

/** What `Buffer` drops shows in the length; that it takes the other alphabet, too, does not. */
function decodeStrict(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return undefined
  const padding = text.endsWith('==') ? 2 : Number(text.endsWith('='))
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined
}

/** Go's offset of the error in a text that is known to hold one: quanta of four, padding only in the last. */
function firstMisfit(text: string): number {
  let held = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\n' || character === '\r') continue
    if (/[A-Za-z0-9+/]/.test(character)) held = (held + 1) % 4
    else if (character !== '=' || held < 2) return at
    else return held === 2 ? afterPadding(text, at) : skipLineEnds(text, at + 1)
  }
  return text.length - held
}

/** After two digits and one `=` another `=` must follow. */
function afterPadding(text: string, at: number): number {
  const next = skipLineEnds(text, at + 1)
  if (next === text.length) return next
  return text.charAt(next) === '=' ? skipLineEnds(text, next + 1) : next - 1
}

function skipLineEnds(text: string, from: number): number {
  let at = from
  while (text.charAt(at) === '\n' || text.charAt(at) === '\r') at++
  return at
}
