/**
 * Valid JSON text as Go prints a `json.RawMessage`: blanks outside of texts are gone, what could end a script element or a
 * line is escaped, all else stays as it was written. Source: Go encoding/json indent.go, appendCompact.
 */
export function compactJson(text: string): string {
  return text.replace(textOrBlanks, (found) => (found.startsWith('"') ? escaped(found) : ''))
}

const textOrBlanks = /"[^"\\]*(?:\\.[^"\\]*)*"|\s+/gs

function escaped(text: string): string {
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
