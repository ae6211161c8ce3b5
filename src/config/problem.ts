import { OdError } from '../core/errors/index.ts'
import { limits } from './limits.ts'

/** Where a value comes from. `file` is the path as a person would write it here. */
export type Source =
  | { readonly type: 'flag'; readonly name: string }
  | { readonly type: 'env'; readonly name: string }
  | { readonly type: 'file'; readonly file: string; readonly line: number }
  | { readonly type: 'default' }

/** `flag --port`, `env LOG_LEVEL`, `file ollama-distributed.yaml:12`, `default`. */
export function sourceText(source: Source): string {
  if (source.type === 'default') return 'default'
  if (source.type === 'file') return `file ${source.file}:${source.line}`
  return `${source.type} ${source.name}`
}

/** Something that keeps the configuration from being used, and where. */
export interface Problem {
  readonly source: Source
  readonly text: string
}

/** One line: `ollama-distributed.yaml:4: …`, in the form that editors and terminals make clickable. */
export function problemText({ source, text }: Problem): string {
  const place = sourceText(source)
  return `${source.type === 'file' ? place.slice('file '.length) : place}: ${text}`
}

/** What no line of a file is to blame for comes first. */
export function sortByLine(problems: readonly Problem[]): readonly Problem[] {
  const line = ({ source }: Problem) => (source.type === 'file' ? source.line : 0)
  return problems.toSorted((a, b) => line(a) - line(b))
}

/** One line for each problem, but never more than `limits.problemsMax` and one that counts the rest. */
export function problemLines(problems: readonly Problem[]): readonly string[] {
  const lines = problems.slice(0, limits.problemsMax).map(problemText)
  const left = problems.length - lines.length
  return left > 0 ? [...lines, `and ${left} more`] : lines
}

/** The error that refuses a configuration, with its problems in the text. */
export function invalidError(problems: readonly Problem[]): OdError {
  const lines = problemLines(problems).map((line) => `  ${line}`)
  return new OdError('OD_CONFIG_INVALID', { problems: lines.join('\n') })
}

/** A text of the user's, fit to stand in one line of ours: cut, and without characters that move a cursor. */
export function quoted(text: string, charactersMax: number = limits.quoteCharactersMax): string {
  const cut = text.slice(0, charactersMax)
  const visible = cut.replaceAll(/[\p{C}\u2028\u2029]/gu, '?')
  return cut.length < text.length ? `${visible}…` : visible
}
