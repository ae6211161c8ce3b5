import { classMember, jsonLiteral, oneOf } from './literal.ts'

/** Code points from the first to the last, both included. */
export type CodeRange = readonly [number, number]

/** Sets that regular expressions name (ECMA-262 §22.2.2.9). */
export const digits: readonly CodeRange[] = [[0x30, 0x39]]
export const wordCharacters: readonly CodeRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
export const spaces: readonly CodeRange[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
export const lineEnds: readonly CodeRange[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]

const largest = 0x10ffff

export const everything: readonly CodeRange[] = [[0, largest]]

/** What JSON spells with a backslash, and half characters, which it should not spell at all (RFC 8259 §7, §8.2). */
const notPlain: readonly CodeRange[] = [
  [0x00, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0xd800, 0xdfff],
]

/** All code points but those. */
export function complement(ranges: readonly CodeRange[]): CodeRange[] {
  const gaps: CodeRange[] = []
  let next = 0
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    if (from > next) gaps.push([next, from - 1])
    next = Math.max(next, to + 1)
  }
  if (next <= largest) gaps.push([next, largest])
  return gaps
}

/** GBNF for one character of the set inside a JSON text; undefined when there is none. */
export function oneCharacter(ranges: readonly CodeRange[]): string | undefined {
  const plain = complement([...complement(ranges), ...notPlain])
  const has = (code: number) => ranges.some(([from, to]) => code >= from && code <= to)
  const escaped = ['"', '\\', '\b', '\t', '\n', '\f', '\r'].filter((character) =>
    has(character.charCodeAt(0)),
  )
  const alternatives = escaped.map(characterLiteral)
  if (plain.length > 0) alternatives.unshift(`[${plain.map(member).join('')}]`)
  return alternatives.length === 0 ? undefined : oneOf(alternatives)
}

/** GBNF for a character as JSON texts spell it. */
function characterLiteral(character: string): string {
  return jsonLiteral(character).replace(/^"\\"/, '"').replace(/\\""$/, '"')
}

function member([from, to]: CodeRange): string {
  const spelt = (code: number) => classMember(String.fromCodePoint(code))
  return from === to ? spelt(from) : `${spelt(from)}-${spelt(to)}`
}
