/** Numbers as Go's fmt prints them. Source: Go fmt, format.go. */
import { type Flags, pad } from './field.ts'
import { formatDigits } from './float-digits.ts'
import { quote, unicodeName } from './text.ts'

/** An int under the verb; undefined when the verb is not for ints. */
export function formatInteger(value: bigint, letter: string, flags: Flags): string | undefined {
  const unsigned = BigInt.asUintN(64, value)
  switch (letter) {
    case 'v':
    case 'd':
      return inBase(value, 10, letter, flags)
    case 'b':
      return inBase(value, 2, letter, flags)
    case 'o':
    case 'O':
      return inBase(value, 8, letter, flags)
    case 'x':
    case 'X':
      return inBase(value, 16, letter, flags)
    case 'c':
      return pad(character(unsigned), flags)
    case 'q':
      return pad(quote(character(unsigned), { mark: "'", isAscii: flags.plus === true }), flags)
    case 'U': {
      const digits = Math.max(flags.precision ?? 0, 4)
      return pad(unicodeName(unsigned, digits, flags.sharp === true), { ...flags, zero: false })
    }
    default:
      return undefined
  }
}

function inBase(value: bigint, base: number, letter: string, flags: Flags): string {
  const { width = 0, precision, sharp, zero, minus, plus, space } = flags
  const isNegative = value < 0n
  if (precision === 0 && value === 0n) return ' '.repeat(width)
  const hasSign = isNegative || plus || space
  const filled = zero && !minus ? width - (hasSign ? 1 : 0) : 0
  const size = (isNegative ? -value : value).toString(base).padStart(precision ?? filled, '0')
  let digits = size
  if (sharp && base === 2) digits = `0b${size}`
  if (sharp && base === 8 && !size.startsWith('0')) digits = `0${size}`
  if (sharp && base === 16) digits = `0x${size}`
  if (letter === 'O') digits = `0o${digits}`
  if (letter === 'X') digits = digits.toUpperCase()
  return pad(sign(isNegative, flags) + digits, { ...flags, zero: false })
}

function character(code: bigint): string {
  const isCodePoint = code <= 0x10ffffn && !(code >= 0xd800n && code < 0xe000n)
  return isCodePoint ? String.fromCodePoint(Number(code)) : '\ufffd'
}

function sign(isNegative: boolean, { plus, space }: Flags): string {
  if (isNegative) return '-'
  if (plus) return '+'
  return space ? ' ' : ''
}

/** A float64 under the verb; undefined when the verb is not for floats. */
export function formatFloat(value: number, letter: string, flags: Flags): string | undefined {
  if (!'vbgGxXfFeE'.includes(letter)) return undefined
  const isNegative = value < 0 || Object.is(value, -0)
  if (!Number.isFinite(value)) return pad(notFinite(value, flags), { ...flags, zero: false })
  const kind = letter === 'v' ? 'g' : letter
  const usual = 'fFeE'.includes(kind) ? 6 : undefined
  const precision = flags.precision ?? usual
  const digits = formatDigits(Math.abs(value), kind, precision)
  const shown = flags.sharp && kind !== 'b' ? withPoint(digits, kind, precision) : digits
  const before = sign(isNegative, flags)
  const { zero, minus, width = 0 } = flags
  const isFilled = before !== '' && zero && !minus && width > before.length + shown.length
  if (isFilled) return before + shown.padStart(width - before.length, '0')
  return pad(before + shown, flags)
}

function notFinite(value: number, flags: Flags): string {
  if (!Number.isNaN(value)) return `${sign(value < 0, flags) || '+'}Inf`
  return `${sign(false, flags)}NaN`
}

/** Go's `#`: always a point, and the zeros at the end that `%g` leaves out. */
function withPoint(digits: string, kind: string, precision: number | undefined): string {
  const isHex = kind === 'x' || kind === 'X'
  const at = digits.search(isHex ? /p/i : /e/i)
  const number = at < 0 ? digits : digits.slice(0, at)
  const wanted = 'gGx'.includes(kind) ? (precision ?? 6) : 0
  const said = number.replace('.', '').replace(/^0+/, '').length
  const missing = wanted - said - (number === '0' ? 1 : 0)
  const whole = number.includes('.') ? number : `${number}.`
  return whole + '0'.repeat(Math.max(0, missing)) + (at < 0 ? '' : digits.slice(at))
}
