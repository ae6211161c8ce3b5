/** Literals of GBNF, the grammar notation of llama.cpp (grammars/README.md there). */

/** A text that must appear as it is. Control characters as code points, so that a rule stays on one line. */
export function literal(text: string): string {
  const escaped = text.replaceAll(/["\\]|[^\x20-\x7e]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`
  })
  return `"${escaped}"`
}

/** A JSON value that must appear as it is, without spaces. */
export function jsonLiteral(value: unknown): string {
  return literal(JSON.stringify(value))
}

/** One of several; in brackets, so that it can stand in a sequence. */
export function oneOf(alternatives: readonly string[]): string {
  return alternatives.length === 1 ? (alternatives[0] ?? '""') : `(${alternatives.join(' | ')})`
}

/** One character of a class: which characters, as GBNF wants them between square brackets. */
export function classMember(character: string): string {
  return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`
}
