import { isOdError, OdError } from '../../core/errors/index.ts'
import { type JsonNode, jsonLimits, type Member } from './node.ts'
import { goQuoteByte } from './quote.ts'

/**
 * Reads the first JSON value of `bytes`; what follows it is ignored, as Go's decoder does.
 * Throws OD_BODY_MISSING when there is nothing but blanks, OD_BODY_MALFORMED with Go's own text when the value is not
 * JSON, or with ours when it is beyond `jsonLimits`. Source: Go encoding/json scanner.go and stream.go.
 */
export function decodeFirstValue(bytes: Uint8Array): JsonNode {
  const parser = new Parser(bytes)
  if (parser.isAtEnd()) throw new OdError('OD_BODY_MISSING')
  return parser.value(1)
}

/**
 * Reads a text that is one JSON value and nothing else, with the words of Go's `json.Unmarshal`. Throws OD_BODY_MALFORMED.
 */
export function decodeOnlyValue(text: string): JsonNode {
  const parser = new Parser(Buffer.from(text))
  try {
    if (parser.isAtEnd()) throw malformed(earlyEnd)
    const node = parser.value(1)
    parser.needEnd()
    return node
  } catch (error) {
    if (!isOdError(error) || error.message !== earlyEnd) throw error
    throw malformed('unexpected end of JSON input')
  }
}

/** How a decoder that reads a stream calls a text that ends too soon. */
const earlyEnd = 'unexpected EOF'

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const escapable: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'))

/** Recursive, which `jsonLimits.depthMax` makes safe. `at` is the next byte to look at. */
class Parser {
  readonly #bytes: Buffer
  #at = 0
  #values = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** True when only blanks are left. */
  isAtEnd(): boolean {
    this.#skipBlanks()
    return this.#at >= this.#bytes.length
  }

  /** Throws unless only blanks are left. */
  needEnd(): void {
    if (!this.isAtEnd()) throw this.#unfit('after top-level value')
  }

  value(depth: number): JsonNode {
    this.#values++
    if (this.#values > jsonLimits.valuesMax) throw malformed('too many values')
    this.#skipBlanks()
    const start = this.#at
    const byte = this.#peek()
    switch (byte) {
      case openBrace:
        return { kind: 'object', members: this.#members(depth), start, end: this.#at }
      case openBracket:
        return { kind: 'array', items: this.#items(depth), start, end: this.#at }
      case quote:
        return { kind: 'string', value: this.#string(), start, end: this.#at }
      case 0x74:
        this.#literal('true')
        return { kind: 'bool', value: true, start, end: this.#at }
      case 0x66:
        this.#literal('false')
        return { kind: 'bool', value: false, start, end: this.#at }
      case 0x6e:
        this.#literal('null')
        return { kind: 'null', start, end: this.#at }
      default:
        if (byte !== 0x2d && !isDigit(byte)) throw this.#unfit('looking for beginning of value')
        this.#number()
        return {
          kind: 'number',
          text: this.#bytes.toString('latin1', start, this.#at),
          start,
          end: this.#at,
        }
    }
  }

  #members(depth: number): Member[] {
    if (depth > jsonLimits.depthMax) throw malformed('exceeded max depth')
    const members: Member[] = []
    this.#at++
    if (this.#next() === closeBrace) {
      this.#at++
      return members
    }
    for (;;) {
      if (this.#next() !== quote) throw this.#unfit('looking for beginning of object key string')
      const key = this.#string()
      if (this.#next() !== colon) throw this.#unfit('after object key')
      this.#at++
      if (members.length >= jsonLimits.keysMax) throw malformed('too many keys in an object')
      members.push({ key, value: this.value(depth + 1) })
      const byte = this.#next()
      if (byte !== comma && byte !== closeBrace) throw this.#unfit('after object key:value pair')
      this.#at++
      if (byte === closeBrace) return members
    }
  }

  #items(depth: number): JsonNode[] {
    if (depth > jsonLimits.depthMax) throw malformed('exceeded max depth')
    const items: JsonNode[] = []
    this.#at++
    if (this.#next() === closeBracket) {
      this.#at++
      return items
    }
    for (;;) {
      if (items.length >= jsonLimits.itemsMax) throw malformed('too many elements in an array')
      items.push(this.value(depth + 1))
      const byte = this.#next()
      if (byte !== comma && byte !== closeBracket) throw this.#unfit('after array element')
      this.#at++
      if (byte === closeBracket) return items
    }
  }

  /** Checks while it looks for the end, then decodes once; most strings hold no escape. */
  #string(): string {
    const bytes = this.#bytes
    const start = this.#at + 1
    let at = skipPlain(bytes, start)
    let hasEscape = false
    while (bytes[at] === backslash) {
      hasEscape = true
      at = skipPlain(bytes, this.#escape(at) + 1)
    }
    this.#at = at
    if (this.#peek() !== quote) throw this.#unfit('in string literal')
    this.#at++
    const text = bytes.toString('utf8', start, at)
    return hasEscape ? String(JSON.parse(`"${text}"`)).toWellFormed() : text
  }

  /** From the backslash to the escape's last byte. */
  #escape(backslashAt: number): number {
    this.#at = backslashAt + 1
    const byte = this.#peek()
    if (byte !== 0x75) {
      if (!escapable.has(byte)) throw this.#unfit('in string escape code')
      return this.#at
    }
    for (let digit = 0; digit < 4; digit++) {
      this.#at++
      if (!isHex(this.#peek())) throw this.#unfit('in \\u hexadecimal character escape')
    }
    return this.#at
  }

  #number(): void {
    if (this.#peek() === 0x2d) this.#at++
    if (this.#peek() === 0x30) this.#at++
    else this.#digits('in numeric literal')
    if (this.#bytes[this.#at] === 0x2e) {
      this.#at++
      this.#digits('after decimal point in numeric literal')
    }
    const exponent = this.#bytes[this.#at]
    if (exponent !== 0x65 && exponent !== 0x45) return
    this.#at++
    const sign = this.#peek()
    if (sign === 0x2b || sign === 0x2d) this.#at++
    this.#digits('in exponent of numeric literal')
  }

  /** At least one digit. */
  #digits(where: string): void {
    if (!isDigit(this.#peek())) throw this.#unfit(where)
    while (isDigit(this.#bytes[this.#at])) this.#at++
  }

  #literal(word: string): void {
    for (const character of word) {
      if (this.#peek() !== character.charCodeAt(0)) {
        throw this.#unfit(`in literal ${word} (expecting '${character}')`)
      }
      this.#at++
    }
  }

  #skipBlanks(): void {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  /** The next byte that is no blank. */
  #next(): number {
    this.#skipBlanks()
    return this.#peek()
  }

  #peek(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw malformed(earlyEnd)
    return byte
  }

  #unfit(where: string): OdError {
    return malformed(`invalid character ${goQuoteByte(this.#bytes[this.#at] ?? 0)} ${where}`)
  }
}

/** To the next byte that ends a string, begins an escape or may not stand in a string. Runs over every byte of a picture. */
function skipPlain(bytes: Buffer, from: number): number {
  const length = bytes.length
  let at = from
  while (at < length) {
    const byte = bytes[at] ?? 0
    if (byte < 0x20 || byte === quote || byte === backslash) break
    at++
  }
  return at
}

function malformed(reason: string): OdError {
  return new OdError('OD_BODY_MALFORMED', { reason })
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46)
}
