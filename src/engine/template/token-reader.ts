import { invalidTemplate } from './failure.ts'
import { Lexer } from './lexer.ts'
import { limits } from './limits.ts'
import { describeToken, type Token } from './token.ts'

/**
 * Reads tokens with up to three of them put back, and knows the line that Go's parser would name in an error: the one
 * of the furthest token read. Source: Go text/template/parse, parse.go.
 */
export class TokenReader {
  readonly #lexer: Lexer
  #furthest: Token | undefined
  /** Tokens put back, the next one last. */
  readonly #waiting: Token[] = []
  /** Line of the action being read, 0 outside. */
  actionLine = 0
  #nesting = 0

  constructor(source: string) {
    this.#lexer = new Lexer(source)
  }

  next(): Token {
    const waiting = this.#waiting.pop()
    if (waiting !== undefined) return waiting
    this.#furthest = this.#lexer.next()
    return this.#furthest
  }

  peek(): Token {
    const token = this.next()
    this.#waiting.push(token)
    return token
  }

  nextNonSpace(): Token {
    let token = this.next()
    while (token.type === 'space') token = this.next()
    return token
  }

  peekNonSpace(): Token {
    const token = this.nextNonSpace()
    this.#waiting.push(token)
    return token
  }

  /** Puts tokens back; the first one given comes first again. */
  putBack(...tokens: Token[]): void {
    this.#waiting.push(...tokens.toReversed())
  }

  /** The next token, which must be of the type. */
  expect(type: Token['type'], context: string): Token {
    const token = this.nextNonSpace()
    if (token.type !== type) this.unexpected(token, context)
    return token
  }

  unexpected(token: Token, context: string): never {
    if (token.type !== 'error') this.fail(`unexpected ${describeToken(token)} in ${context}`)
    const started =
      this.actionLine === 0 || this.actionLine === token.line
        ? ''
        : `${token.text.endsWith(' action') ? '' : ' in action'} started at :${this.actionLine}`
    this.fail(token.text + started)
  }

  fail(problem: string): never {
    throw invalidTemplate(`template: :${this.#furthest?.line ?? 1}: ${problem}`)
  }

  /** Reads something that may contain itself, up to the limit. */
  nested<Result>(read: () => Result): Result {
    if (this.#nesting >= limits.nestingMax) {
      this.fail(`nesting deeper than ${limits.nestingMax}`)
    }
    this.#nesting++
    const result = read()
    this.#nesting--
    return result
  }
}
