import { withoutControls } from './terminal.ts'

/** Between two columns, as in Ollama's lists. */
const gap = '    '

/** A table in the form of Ollama's lists: a line of headings, columns filled with spaces, no lines. No line feed at the end. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return renderColumns([headings, ...rows])
}

/** Rows with aligned columns. What comes from elsewhere may hold anything, so control characters are left out. */
export function renderColumns(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map((cell) => withoutControls(cell).replaceAll('\n', ' ')))
  const widths: number[] = []
  for (const row of clean) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))
  }
  const lines = clean.map((row) =>
    row.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell))).join(gap),
  )
  return lines.map((line) => line.trimEnd()).join('\n')
}

const characters = new Intl.Segmenter()

/** Characters as a person counts them; wide ones are rare in names of models and count as one. */
function widthOf(text: string): number {
  return Array.from(characters.segment(text)).length
}
