/** Reads the regular expressions of JSON Schema (ECMA-262, flag `u`). */
import {
  type CodeRange,
  complement,
  digits,
  everything,
  lineEnds,
  spaces,
  wordCharacters,
} from './character-set.ts'
import { schemaError } from './rule-book.ts'

/** A pattern, taken apart. */
export type Pattern =
  | { readonly type: 'set'; readonly ranges: readonly CodeRange[] }
  | { readonly type: 'sequence' | 'choice'; readonly parts: readonly Pattern[] }
  | { readonly type: 'repeat'; readonly part: Pattern; readonly min: number; readonly max: number }

/** Groups inside each other: the reader descends by recursion. */
const depthMax = 32

const anything: Pattern = {
  type: 'repeat',
  part: { type: 'set', ranges: everything },
  min: 0,
  max: Number.POSITIVE_INFINITY,
}

/**
 * What the pattern says of a whole text. What looks around or back (`(?=`, `\b`, `\1`) and classes of Unicode's (`\p`) are
 * refused with `OD_FORMAT_SCHEMA`: no grammar without memory says them.
 */
export function readPattern(pattern: string): Pattern {
  return new PatternReader(pattern).whole()
}

class PatternReader {
  readonly #characters: readonly string[]
  #at = 0
  #depth = 0

  constructor(pattern: string) {
    this.#characters = Array.from(pattern)
  }

  whole(): Pattern {
    const body = this.#alternatives()
    if (this.#peek() !== undefined) throw this.#refusal()
    return body
  }

  #alternatives(): Pattern {
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    return { type: 'choice', parts }
  }

  /** Where nothing holds a pattern to the ends of the text, anything may stand before and behind it. */
  #sequence(): Pattern {
    const isOutside = this.#depth === 0
    const parts: Pattern[] = []
    if (isOutside && !this.#take('^')) parts.push(anything)
    let isClosed = false
    for (let next = this.#peek(); next !== undefined && !'|)'.includes(next); next = this.#peek()) {
      if (isOutside && this.#take('$')) {
        isClosed = true
        break
      }
      parts.push(this.#repeated(this.#atom()))
    }
    if (isOutside && !isClosed) parts.push(anything)
    return { type: 'sequence', parts }
  }

  #repeated(part: Pattern): Pattern {
    const bounds = this.#quantifier()
    if (bounds === undefined) return part
    this.#take('?') // reluctant: the same texts
    const [min, max] = bounds
    return { type: 'repeat', part, min, max }
  }

  #quantifier(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.#take('?')) return [0, 1]
    if (this.#peek() !== '{') return undefined
    const text = this.#rest(24)
    const match = /^\{(\d+)(,(\d*))?\}/.exec(text)
    if (match === null) throw this.#refusal()
    this.#at += match[0].length
    const min = Number(match[1])
    const end = match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3])
    const max = match[2] === undefined ? min : end
    if (max < min) throw this.#refusal()
    return [min, max]
  }

  #atom(): Pattern {
    const character = this.#next()
    if (character === '(') return this.#group()
    if (character === '.') return { type: 'set', ranges: complement(lineEnds) }
    if (character === '[') return { type: 'set', ranges: this.#class() }
    if (character === '\\') {
      const escaped = this.#escape()
      return typeof escaped === 'number' ? this.#one(escaped) : { type: 'set', ranges: escaped }
    }
    if ('*+?{}])^$'.includes(character)) throw this.#refusal()
    return this.#one(character.codePointAt(0) ?? 0)
  }

  #group(): Pattern {
    if (this.#take('?')) {
      const name = /^:|^<[A-Za-z_$][\w$]*>/.exec(this.#rest(64))
      if (name === null) throw this.#refusal()
      this.#at += name[0].length
    }
    this.#depth++
    if (this.#depth > depthMax) throw schemaError(`a pattern is nested deeper than ${depthMax}`)
    const body = this.#alternatives()
    this.#depth--
    if (!this.#take(')')) throw this.#refusal()
    return body
  }

  #class(): CodeRange[] {
    const isNegated = this.#take('^')
    const ranges: CodeRange[] = []
    while (!this.#take(']')) {
      const from = this.#classPart()
      const isRange = this.#peek() === '-' && this.#characters[this.#at + 1] !== ']'
      if (typeof from !== 'number') {
        if (isRange) throw this.#refusal()
        ranges.push(...from)
        continue
      }
      if (isRange) this.#at++
      const to = isRange ? this.#classPart() : from
      if (typeof to !== 'number' || to < from || to > 0x10ffff) throw this.#refusal()
      ranges.push([from, to])
    }
    return isNegated ? complement(ranges) : ranges
  }

  #classPart(): number | readonly CodeRange[] {
    const character = this.#next()
    if (character !== '\\') return character.codePointAt(0) ?? 0
    if (this.#take('b')) return 0x08
    if (this.#take('-')) return 0x2d
    return this.#escape()
  }

  #escape(): number | readonly CodeRange[] {
    const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\})/.exec(
      this.#rest(10),
    )
    if (hex !== null) {
      this.#at += hex[0].length
      return Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16)
    }
    const letter = this.#next()
    const known = escapes.get(letter)
    if (known !== undefined) return known
    if (!String.raw`^$\.*+?()[]{}|/`.includes(letter)) throw this.#refusal()
    return letter.charCodeAt(0)
  }

  #one(code: number): Pattern {
    if (code > 0x10ffff) throw this.#refusal()
    return { type: 'set', ranges: [[code, code]] }
  }

  #peek(): string | undefined {
    return this.#characters[this.#at]
  }

  #rest(count: number): string {
    return this.#characters.slice(this.#at, this.#at + count).join('')
  }

  #take(character: string): boolean {
    const isThere = this.#peek() === character
    if (isThere) this.#at++
    return isThere
  }

  #next(): string {
    const character = this.#peek()
    if (character === undefined) throw this.#refusal()
    this.#at++
    return character
  }

  #refusal() {
    return schemaError(`a pattern is not understood at its character ${this.#at + 1}`)
  }
}

const escapes: ReadonlyMap<string, number | readonly CodeRange[]> = new Map<
  string,
  number | readonly CodeRange[]
>([
  ['d', digits],
  ['D', complement(digits)],
  ['w', wordCharacters],
  ['W', complement(wordCharacters)],
  ['s', spaces],
  ['S', complement(spaces)],
  ['0', 0x00],
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
])
