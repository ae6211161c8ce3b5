/**
 * A second reading of a body, by the rules of Go's encoding/json as Ollama uses it: the first value, keys in any case, of
 * equal ones the last, `null` changes nothing. Made without the product's readers, slow and whole. Source: Go
 * encoding/json scanner.go, decode.go, fold.go.
 */

export interface GoReading {
  /** `none`: only blanks. `invalid`: Go gives a syntax error. */
  readonly type: 'none' | 'invalid' | 'object' | 'other'
  /** Of an object, in order, the key as Go folds it; `text` where the value is a string. */
  readonly members: readonly GoMember[]
  /** Levels of nesting. */
  readonly depth: number
}

export interface GoMember {
  readonly key: string
  readonly kind: 'string' | 'number' | 'literal' | 'object' | 'array'
  /** The value as it stands in the body. */
  readonly raw: string
  /** What a string says. */
  readonly text?: string
}

class Invalid extends Error {}

/** Deeper is refused by every party. */
const depthMax = 1_000

/** `body`: Latin-1 characters, one a byte. */
export function readAsGo(body: string): GoReading {
  const reader = new Reader(body)
  try {
    return reader.first()
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    return { type: 'invalid', members: [], depth: reader.depth }
  }
}

/** A text field of a struct; undefined when Go refuses the body for it, '' when it never came. */
export function textField({ members }: GoReading, name: string): string | undefined {
  let found = ''
  for (const { key, kind, raw, text } of members) {
    if (key !== name || raw === 'null') continue
    if (kind !== 'string') return undefined
    found = text ?? ''
  }
  return found
}

/** As Go compares keys: ASCII case, and the two letters outside that fold into it. */
export function foldKey(key: string): string {
  return key.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').replaceAll(/[A-Z]/g, lower)
}

const lower = (letter: string) => String.fromCharCode(letter.charCodeAt(0) + 32)

class Reader {
  depth = 0
  readonly #body: string
  #at = 0

  constructor(body: string) {
    this.#body = body
  }

  first(): GoReading {
    this.#blanks()
    if (this.#at === this.#body.length) return { type: 'none', members: [], depth: 0 }
    if (this.#body[this.#at] === '{') {
      const members = this.#object(1)
      return { type: 'object', members, depth: this.depth }
    }
    this.#value(0)
    return { type: 'other', members: [], depth: this.depth }
  }

  #object(depth: number): GoMember[] {
    this.#deeper(depth)
    const members: GoMember[] = []
    this.#take(/\{/y)
    this.#blanks()
    if (this.#try(/\}/y) !== undefined) return members
    do {
      this.#blanks()
      const key = this.#string()
      this.#blanks()
      this.#take(/:/y)
      this.#blanks()
      const start = this.#at
      const { kind, text } = this.#value(depth)
      const raw = this.#body.slice(start, this.#at)
      members.push({ key: foldKey(key), kind, raw, ...(text === undefined ? {} : { text }) })
      this.#blanks()
    } while (this.#try(/,/y) !== undefined)
    this.#take(/\}/y)
    return members
  }

  #array(depth: number): void {
    this.#deeper(depth)
    this.#take(/\[/y)
    this.#blanks()
    if (this.#try(/\]/y) !== undefined) return
    do {
      this.#blanks()
      this.#value(depth)
      this.#blanks()
    } while (this.#try(/,/y) !== undefined)
    this.#take(/\]/y)
  }

  #value(depth: number): { kind: GoMember['kind']; text?: string } {
    const first = this.#body[this.#at]
    if (first === '"') return { kind: 'string', text: this.#string() }
    if (first === '{') {
      this.#object(depth + 1)
      return { kind: 'object' }
    }
    if (first === '[') {
      this.#array(depth + 1)
      return { kind: 'array' }
    }
    if (this.#try(/true|false|null/y) !== undefined) return { kind: 'literal' }
    this.#take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y)
    return { kind: 'number' }
  }

  /** Bytes that are no UTF-8, and halves of surrogate pairs, become U+FFFD. */
  #string(): string {
    const raw = this.#take(/"(?:[ !#-[\]-\xff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y)
    const text = JSON.parse(Buffer.from(raw, 'latin1').toString('utf8')) as string
    return text.toWellFormed()
  }

  #deeper(depth: number): void {
    this.depth = Math.max(this.depth, depth)
    if (depth > depthMax) throw new Invalid()
  }

  #blanks(): void {
    this.#take(/[ \t\r\n]*/y)
  }

  #take(pattern: RegExp): string {
    const found = this.#try(pattern)
    if (found === undefined) throw new Invalid()
    return found
  }

  #try(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#body)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }
}
