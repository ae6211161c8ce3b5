/**
 * Reads JSON as Go's decoder does, with its words for what is wrong (encoding/json, scanner.go): only the first value is
 * read, what follows is ignored, and complaints name bytes, not characters.
 */

export type GoValue =
  | { readonly type: 'null' }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly items: readonly GoValue[]; readonly raw: string }
  | {
      readonly type: 'object'
      /** In order; the same key may come twice. */
      readonly pairs: readonly (readonly [key: string, value: GoValue])[]
      readonly raw: string
    }

/** Carries Go's text as its message. */
export class GoError extends Error {}

/** Go's own bound on nesting. */
const depthMax = 10_000

/** The first value of a text, or `undefined` when there is nothing but white space. */
export function scanFirstValue(text: Buffer): GoValue | undefined {
  const scanner = new Scanner(text)
  scanner.skipSpace()
  return scanner.isAtEnd ? undefined : scanner.value()
}

class Scanner {
  #at = 0
  #depth = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  skipSpace(): void {
    while (' \t\r\n'.includes(this.#peek() || 'x')) this.#at++
  }

  value(): GoValue {
    const first = this.#need()
    if (first === '{') return this.#nested(() => this.#object())
    if (first === '[') return this.#nested(() => this.#array())
    if (first === '"') return { type: 'string', value: this.#string() }
    if (first === 't') return this.#literal('true', { type: 'bool', value: true })
    if (first === 'f') return this.#literal('false', { type: 'bool', value: false })
    if (first === 'n') return this.#literal('null', { type: 'null' })
    if (first === '-' || isDigit(first)) return { type: 'number', text: this.#number() }
    throw this.#unexpected('looking for beginning of value')
  }

  #object(): GoValue {
    const start = this.#at++
    const pairs: [string, GoValue][] = []
    this.skipSpace()
    while (this.#need() !== '}') {
      if (pairs.length > 0) this.#expect(',', 'after object key:value pair')
      if (this.#need() !== '"') throw this.#unexpected('looking for beginning of object key string')
      const key = this.#string()
      this.skipSpace()
      this.#expect(':', 'after object key')
      pairs.push([key, this.value()])
      this.skipSpace()
    }
    this.#at++
    return { type: 'object', pairs, raw: this.#since(start) }
  }

  #array(): GoValue {
    const start = this.#at++
    const items: GoValue[] = []
    this.skipSpace()
    while (this.#need() !== ']') {
      if (items.length > 0) this.#expect(',', 'after array element')
      items.push(this.value())
      this.skipSpace()
    }
    this.#at++
    return { type: 'array', items, raw: this.#since(start) }
  }

  #nested(read: () => GoValue): GoValue {
    this.#depth++
    if (this.#depth > depthMax) throw new GoError('exceeded max depth')
    const value = read()
    this.#depth--
    return value
  }

  #string(): string {
    const start = this.#at++
    for (let next = this.#need(); next !== '"'; next = this.#need()) {
      if (next < ' ') throw this.#unexpected('in string literal')
      this.#at++
      if (next === '\\') this.#escape()
    }
    this.#at++
    // Same grammar from here on; Go writes U+FFFD for halves of pairs.
    return (JSON.parse(this.#since(start)) as string).toWellFormed()
  }

  #escape(): void {
    const code = this.#need()
    if (!'bfnrt\\/"u'.includes(code)) throw this.#unexpected('in string escape code')
    this.#at++
    if (code !== 'u') return
    for (let digits = 0; digits < 4; digits++) {
      if (!/[0-9a-fA-F]/.test(this.#need())) {
        throw this.#unexpected('in \\u hexadecimal character escape')
      }
      this.#at++
    }
  }

  #number(): string {
    const start = this.#at
    if (this.#peek() === '-') this.#at++
    if (this.#peek() === '0') this.#at++
    else this.#digits('in numeric literal')
    if (this.#peek() === '.') {
      this.#at++
      this.#digits('after decimal point in numeric literal')
    }
    if (/[eE]/.test(this.#peek())) {
      this.#at++
      if (/[+-]/.test(this.#peek())) this.#at++
      this.#digits('in exponent of numeric literal')
    }
    return this.#since(start)
  }

  #digits(where: string): void {
    if (!isDigit(this.#need())) throw this.#unexpected(where)
    while (isDigit(this.#peek())) this.#at++
  }

  #literal(word: string, value: GoValue): GoValue {
    for (const letter of word) {
      if (this.#need() !== letter) {
        throw this.#unexpected(`in literal ${word} (expecting ${quoteByte(letter)})`)
      }
      this.#at++
    }
    return value
  }

  /** Takes one byte and the white space after it. */
  #expect(byte: string, where: string): void {
    if (this.#need() !== byte) throw this.#unexpected(where)
    this.#at++
    this.skipSpace()
  }

  #need(): string {
    if (this.isAtEnd) throw new GoError('unexpected EOF')
    return this.#peek()
  }

  #peek(): string {
    const byte = this.#bytes[this.#at]
    return byte === undefined ? '' : String.fromCharCode(byte)
  }

  #since(start: number): string {
    return this.#bytes.toString('utf8', start, this.#at)
  }

  #unexpected(where: string): GoError {
    return new GoError(`invalid character ${quoteByte(this.#peek())} ${where}`)
  }
}

function isDigit(byte: string): boolean {
  return byte >= '0' && byte <= '9' && byte !== ''
}

/** One byte in single quotes, spelt as Go's strconv spells it. */
function quoteByte(byte: string): string {
  if (byte === "'") return String.raw`'\''`
  const code = byte.charCodeAt(0)
  const short: Readonly<Record<string, string>> = {
    '\u0007': '\\a',
    '\b': '\\b',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
    '\\': '\\\\',
  }
  const spelt = short[byte]
  if (spelt !== undefined) return `'${spelt}'`
  if (code < 0x20 || code === 0x7f) return `'\\x${code.toString(16).padStart(2, '0')}'`
  if (code > 0x7f && code <= 0xa0) return `'\\u00${code.toString(16)}'`
  return code === 0xad ? String.raw`'\u00ad'` : `'${byte}'`
}
