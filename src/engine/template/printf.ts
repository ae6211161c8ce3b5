/** Go's `fmt.Sprintf`. Source: Go fmt, print.go, doPrintf. */
import type { Budget } from './budget.ts'
import { CallFailure } from './call-failure.ts'
import { limits } from './limits.ts'
import { formatValue, type Verb } from './print.ts'
import { typeName, type Value } from './value.ts'

/**
 * A directive too many or too few prints as Go's `%!d(MISSING)` and `%!(EXTRA …)`. Throws `CallFailure` for a width or
 * precision beyond our limit.
 */
export function sprintf(format: string, values: readonly Value[], budget: Budget): string {
  return new Formatter(format, values, budget).run()
}

/** Go takes no larger widths, precisions and argument numbers than this. */
const numberMax = 1_000_000

type Named = 'plus' | 'minus' | 'sharp' | 'space' | 'zero'

const flagNames: Readonly<Record<string, Named>> = {
  '+': 'plus',
  '-': 'minus',
  '#': 'sharp',
  ' ': 'space',
  '0': 'zero',
}

class Formatter {
  readonly #format: string
  readonly #values: readonly Value[]
  readonly #budget: Budget
  #at = 0
  /** The argument that comes next. */
  #next = 0
  #isReordered = false
  #isGoodIndex = true
  /** The last thing read was an index like `[3]`. */
  #isAfterIndex = false
  #out = ''

  constructor(format: string, values: readonly Value[], budget: Budget) {
    this.#format = format
    this.#values = values
    this.#budget = budget
  }

  run(): string {
    const format = this.#format
    while (this.#at < format.length) {
      const percent = format.indexOf('%', this.#at)
      const end = percent < 0 ? format.length : percent
      this.#out += format.slice(this.#at, end)
      this.#at = end + 1
      if (percent >= 0) this.#directive()
    }
    const extra = this.#isReordered ? [] : this.#values.slice(this.#next)
    return extra.length === 0
      ? this.#out
      : `${this.#out}%!(EXTRA ${extra.map(describe).join(', ')})`
  }

  #directive(): void {
    this.#isGoodIndex = true
    this.#isAfterIndex = false
    const flags = this.#readFlags()
    this.#readIndex()
    const width = this.#readWidth()
    const precision = this.#readPrecision()
    if (!this.#isAfterIndex) this.#readIndex()
    const code = this.#format.codePointAt(this.#at)
    if (code === undefined) {
      this.#out += '%!(NOVERB)'
      return
    }
    const letter = String.fromCodePoint(code)
    this.#at += letter.length
    const { minus = flags.minus, ...size } = width
    this.#print(
      toVerb(letter, { ...flags, ...size, ...precision, ...(minus && { minus, zero: false }) }),
    )
  }

  #print(verb: Verb): void {
    const { letter } = verb
    if (letter === '%') this.#out += '%'
    else if (!this.#isGoodIndex) this.#out += `%!${letter}(BADINDEX)`
    else if (this.#next >= this.#values.length) this.#out += `%!${letter}(MISSING)`
    else {
      const value = this.#values[this.#next++]
      const shown =
        letter === 'T'
          ? formatValue(typeName(value), { ...verb, letter: 's' })
          : formatValue(value, verb)
      this.#budget.spendChars(shown.length)
      this.#out += shown
    }
  }

  #readFlags(): Partial<Record<Named, boolean>> {
    const flags: Partial<Record<Named, boolean>> = {}
    for (; ; this.#at++) {
      const name = flagNames[this.#format.charAt(this.#at)]
      if (name === undefined) return flags
      flags[name] = true
    }
  }

  /** `[n]`: the argument that comes next, counted from 1. */
  #readIndex(): void {
    this.#isAfterIndex = false
    if (this.#format[this.#at] !== '[') return
    this.#isReordered = true
    const close = this.#format.indexOf(']', this.#at + 1)
    if (this.#format.length - this.#at < 3 || close < 0) {
      this.#isGoodIndex = false
      this.#at++
      return
    }
    const digits = this.#format.slice(this.#at + 1, close)
    const index = Number(digits) - 1
    this.#at = close + 1
    const isNumber = /^\d+$/.test(digits) && index < numberMax
    this.#isAfterIndex = isNumber
    if (isNumber && index >= 0 && index < this.#values.length) this.#next = index
    else this.#isGoodIndex = false
  }

  #readWidth(): { width?: number; minus?: boolean } {
    if (this.#format[this.#at] === '*') {
      this.#at++
      this.#isAfterIndex = false
      const width = this.#takeInteger()
      if (width === undefined) this.#out += '%!(BADWIDTH)'
      if (width === undefined) return {}
      return width < 0 ? { width: bounded(-width), minus: true } : { width: bounded(width) }
    }
    const width = this.#readNumber()
    if (width !== undefined && this.#isAfterIndex) this.#isGoodIndex = false
    return width === undefined ? {} : { width: bounded(width) }
  }

  #readPrecision(): { precision?: number } {
    if (this.#format[this.#at] !== '.') return {}
    this.#at++
    if (this.#isAfterIndex) this.#isGoodIndex = false
    this.#readIndex()
    if (this.#format[this.#at] !== '*') return { precision: bounded(this.#readNumber() ?? 0) }
    this.#at++
    this.#isAfterIndex = false
    const precision = this.#takeInteger()
    if (precision !== undefined && precision >= 0) return { precision: bounded(precision) }
    this.#out += '%!(BADPREC)'
    return {}
  }

  /** The digits that stand here; undefined for none, and for far too many, which Go reads as the end. */
  #readNumber(): number | undefined {
    const digits = /^\d*/.exec(this.#format.slice(this.#at))?.[0] ?? ''
    if (digits === '') return undefined
    if (Number(digits) > numberMax) {
      this.#at = this.#format.length
      return undefined
    }
    this.#at += digits.length
    return Number(digits)
  }

  /** The next argument, where it is an int that Go would take. */
  #takeInteger(): number | undefined {
    const value = this.#values[this.#next]
    if (this.#next < this.#values.length) this.#next++
    if (typeof value !== 'bigint' || value > numberMax || value < -numberMax) return undefined
    return Number(value)
  }
}

/** In `%v`, `+` and `#` have a meaning of their own. */
function toVerb(letter: string, flags: Omit<Verb, 'letter'>): Verb {
  if (letter !== 'v') return { ...flags, letter }
  const { plus, sharp, ...others } = flags
  return { ...others, letter, ...(plus && { plusV: true }), ...(sharp && { sharpV: true }) }
}

function describe(value: Value): string {
  return value === undefined ? '<nil>' : `${typeName(value)}=${formatValue(value, { letter: 'v' })}`
}

function bounded(size: number): number {
  if (size > limits.fieldWidthMax) {
    throw new CallFailure(`width or precision above ${limits.fieldWidthMax}`)
  }
  return size
}
