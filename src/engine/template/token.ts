import { quote } from './text.ts'

/** Kinds of tokens, as Go's lexer tells them apart; `punctuation` is any other printable ASCII. */
export type TokenType =
  | 'error'
  | 'bool'
  | 'character'
  | 'punctuation'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelimiter'
  | 'leftParenthesis'
  | 'number'
  | 'bar'
  | 'rawString'
  | 'rightDelimiter'
  | 'rightParenthesis'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'keyword'
  | 'dot'
  | 'nil'

/** A piece of the source. */
export interface Token {
  readonly type: TokenType
  /** As written; for `error` what is wrong. */
  readonly text: string
  /** Index into the source. */
  readonly at: number
  /** Counted from 1. */
  readonly line: number
}

const tokenCharsShown = 10

/** The token as Go's parser names it in its errors. */
export function describeToken({ type, text }: Token): string {
  if (type === 'eof') return 'EOF'
  if (type === 'error') return text
  if (type === 'keyword' || type === 'dot' || type === 'nil') return `<${text}>`
  if (new TextEncoder().encode(text).length <= tokenCharsShown) return quote(text)
  return `${quote(Array.from(text).slice(0, tokenCharsShown).join(''))}...`
}
