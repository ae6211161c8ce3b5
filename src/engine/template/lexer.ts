/**
 * Cuts a template into tokens, one at a time, so that the first error in the source is the one reported.
 * Source of the rules and words: Go text/template/parse, lex.go.
 */
import { quote, unicodeName } from './text.ts'
import type { Token, TokenType } from './token.ts'

const keywords: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
])

const word = /[\p{L}\p{Nd}_]*/uy
const spaces = /[ \t\r\n]*/y
/** As Go, it takes more than is a number; `parseNumber` then refuses it. */
const number = new RegExp(
  `[+-]?(?:${[
    '0[xX][0-9a-fA-F_]*(?:\\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?',
    '0[oO][0-7_]*(?:\\.[0-7_]*)?',
    '0[bB][01_]*(?:\\.[01_]*)?',
    '[0-9_]*(?:\\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?',
  ].join('|')})i?`,
  'y',
)
const quoted: Readonly<Record<string, RegExp>> = {
  '"': /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"/uy,
  "'": /'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'/uy,
  '`': /`[^`]*`/y,
}
const single: Readonly<Record<string, TokenType>> = {
  '=': 'assign',
  '|': 'bar',
  '(': 'leftParenthesis',
  ')': 'rightParenthesis',
}
const strings: Readonly<Record<string, readonly [type: TokenType, problem: string]>> = {
  '"': ['string', 'unterminated quoted string'],
  "'": ['character', 'unterminated character constant'],
  '`': ['rawString', 'unterminated raw quoted string'],
}

/** The tokens of one source. */
export class Lexer {
  readonly #source: string
  #at = 0
  #inAction = false
  #parentheses = 0
  #line = 1
  /** The first newline not yet counted. */
  #newline: number

  constructor(source: string) {
    this.#source = source
    this.#newline = source.indexOf('\n')
  }

  /** The next token; `eof` again and again at the end. After an `error` token there is nothing more to ask. */
  next(): Token {
    return this.#inAction ? this.#insideAction() : this.#text()
  }

  #text(): Token {
    for (;;) {
      const start = this.#at
      const open = this.#source.indexOf('{{', start)
      if (open < 0) {
        this.#at = this.#source.length
        return this.#token(start < this.#at ? 'text' : 'eof', start)
      }
      const trims = /^-[ \t\r\n]/.test(this.#source.slice(open + 2, open + 4))
      const kept = this.#source.slice(start, trims ? this.#beforeSpace(start, open) : open)
      if (kept !== '') {
        this.#at = open
        return this.#token('text', start, kept)
      }
      const inner = open + (trims ? 4 : 2)
      if (!this.#source.startsWith('/*', inner)) {
        this.#at = inner
        this.#inAction = true
        this.#parentheses = 0
        return this.#token('leftDelimiter', open, '{{')
      }
      const problem = this.#skipComment(inner)
      if (problem !== undefined) return this.#token('error', inner, problem)
    }
  }

  /** Where the run of space that ends at `end` begins, at the earliest at `start`. */
  #beforeSpace(start: number, end: number): number {
    let at = end
    while (at > start && ' \t\r\n'.includes(this.#source[at - 1] ?? '')) at--
    return at
  }

  #skipComment(start: number): string | undefined {
    const close = this.#source.indexOf('*/', start + 2)
    if (close < 0) return 'unclosed comment'
    this.#at = close + 2
    const delimiter = this.#rightDelimiterLength()
    if (delimiter === 0) return 'comment ends before closing delimiter'
    this.#leaveAction(delimiter)
    return undefined
  }

  #insideAction(): Token {
    const start = this.#at
    const delimiter = this.#rightDelimiterLength()
    if (delimiter > 0) return this.#rightDelimiter(start, delimiter)
    const character = String.fromCodePoint(this.#source.codePointAt(start) ?? 0)
    if (start >= this.#source.length) return this.#token('error', start, 'unclosed action')
    if (/[ \t\r\n]/.test(character)) return this.#space(start)
    const string = strings[character]
    if (string !== undefined) return this.#quoted(start, character, string)
    if (character === ':') {
      if (this.#source[start + 1] !== '=') return this.#token('error', start, 'expected :=')
      return this.#take('declare', start, 2)
    }
    if (character === '$') return this.#name('variable', start, 1)
    if (character === '.' && /^[^0-9]/.test(this.#source.slice(start + 1, start + 2))) {
      return this.#name('field', start, 1)
    }
    if (/[.+\-0-9]/.test(character)) return this.#number(start)
    if (/[\p{L}\p{Nd}_]/u.test(character)) return this.#name('identifier', start, 0)
    const type = single[character]
    if (type !== undefined) return this.#operator(type, start)
    if (/[!-~]/.test(character)) return this.#take('punctuation', start, 1)
    const name = unicodeName(BigInt(character.codePointAt(0) ?? 0), 4, true)
    return this.#token('error', start, `unrecognized character in action: ${name}`)
  }

  #operator(type: TokenType, start: number): Token {
    if (type === 'leftParenthesis') this.#parentheses++
    if (type === 'rightParenthesis' && --this.#parentheses < 0) {
      return this.#token('error', start, 'unexpected right paren')
    }
    return this.#take(type, start, 1)
  }

  #rightDelimiter(start: number, length: number): Token {
    if (this.#parentheses > 0) return this.#token('error', start, 'unclosed left paren')
    const token = this.#token('rightDelimiter', start, '}}')
    this.#leaveAction(length)
    this.#inAction = false
    return token
  }

  /** Length of `}}` or ` -}}` here, or 0. */
  #rightDelimiterLength(): number {
    if (this.#source.startsWith('}}', this.#at)) return 2
    return /^[ \t\r\n]-\}\}/.test(this.#source.slice(this.#at, this.#at + 4)) ? 4 : 0
  }

  /** Past the delimiter, and past the space behind it when it trims. */
  #leaveAction(delimiterLength: number): void {
    this.#at += delimiterLength
    if (delimiterLength > 2) this.#at += this.#match(spaces, this.#at).length
  }

  /** The last space belongs to a trimming delimiter when one follows. */
  #space(start: number): Token {
    const length = this.#match(spaces, start).length
    const beforeTrim = this.#source.startsWith('-}}', start + length)
    return this.#take('space', start, beforeTrim ? length - 1 : length)
  }

  #quoted(start: number, mark: string, [type, problem]: readonly [TokenType, string]): Token {
    const text = this.#match(quoted[mark] ?? spaces, start)
    return text === '' ? this.#token('error', start, problem) : this.#take(type, start, text.length)
  }

  #number(start: number): Token {
    const first = this.#match(number, start)
    let end = start + first.length
    const sign = this.#source[end]
    if (sign === '+' || sign === '-') end += this.#match(number, end).length
    else if (this.#match(word, end) === '') return this.#take('number', start, first.length)
    else end += String.fromCodePoint(this.#source.codePointAt(end) ?? 0).length
    const text = this.#source.slice(start, end)
    return this.#token('error', start, `bad number syntax: ${quote(text)}`)
  }

  /** A field, variable, function or keyword; `prefix` is the length of its sign. */
  #name(type: 'field' | 'variable' | 'identifier', start: number, prefix: number): Token {
    const name = this.#match(word, start + prefix)
    const end = start + prefix + name.length
    const next = this.#source.codePointAt(end)
    const terminated =
      next === undefined ||
      ' \t\r\n.,|:)('.includes(String.fromCodePoint(next)) ||
      this.#source.startsWith('}}', end)
    if (!terminated)
      return this.#token('error', start, `bad character ${unicodeName(BigInt(next), 4, true)}`)
    const length = prefix + name.length
    if (type === 'field') return this.#take(name === '' ? 'dot' : 'field', start, length)
    if (type === 'variable') return this.#take('variable', start, length)
    if (keywords.has(name)) return this.#take('keyword', start, length)
    if (name === 'nil') return this.#take('nil', start, length)
    return this.#take(name === 'true' || name === 'false' ? 'bool' : 'identifier', start, length)
  }

  #match(pattern: RegExp, at: number): string {
    pattern.lastIndex = at
    return pattern.exec(this.#source)?.[0] ?? ''
  }

  #take(type: TokenType, start: number, length: number): Token {
    this.#at = start + length
    return this.#token(type, start)
  }

  #token(type: TokenType, at: number, text = this.#source.slice(at, this.#at)): Token {
    for (; this.#newline >= 0 && this.#newline < at; this.#line++) {
      this.#newline = this.#source.indexOf('\n', this.#newline + 1)
    }
    return { type, text, at, line: this.#line }
  }
}
