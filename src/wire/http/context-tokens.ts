import { scanMembers } from '../members.ts'

/** Above four times the largest vocabulary known (Gemma's, 262,144), and far below what llama.cpp's int32 holds. */
export const tokenIdMax = 1_048_576

/** Numbers of a list that are looked at; a list with more is beyond `jsonLimits` in any case. */
const contextTokensMax = 1_000_000

const maxDigits = String(tokenIdMax).length

/**
 * The spelling of a number in the member `context` that is no token of any model, or `…` for a list too long to have been
 * computed by one; undefined when all can be. An Ollama aborts its process on such an id, for all its clients (ollama-api
 * §11). What is no whole number is left to the engine, which refuses it. All members of that name count.
 */
export function findForeignToken(body: Buffer): string | undefined {
  let foreign: string | undefined
  scanMembers(body, (key, { start, end }) => {
    if (key !== 'context' || body[start] !== 0x5b) return
    foreign ??= foreignIn(body, start, end)
  })
  return foreign
}

function foreignIn(body: Buffer, start: number, end: number): string | undefined {
  let count = 0
  for (let at = start + 1; at < end; at++) {
    if (body[at] === 0x22) return undefined // texts are refused by their type
    const from = at
    while (isNumberByte(body[at])) at++
    if (at === from) continue
    if (++count > contextTokensMax) return '…'
    const text = body.toString('latin1', from, Math.min(at, from + maxDigits + 2))
    if (/^-?\d+$/.test(text) && !(Number(text) >= 0 && Number(text) <= tokenIdMax)) return text
  }
  return undefined
}

/** A byte of a number or a word, so that `1.5` and `1e9` are seen whole. */
function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false
  const isDigit = byte >= 0x30 && byte <= 0x39
  const letter = byte | 0x20
  return (
    isDigit || byte === 0x2b || byte === 0x2d || byte === 0x2e || (letter >= 97 && letter <= 122)
  )
}
