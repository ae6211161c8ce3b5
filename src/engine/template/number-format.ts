/** Numbers as Go's fmt and strconv print them. */
import { quote, unicodeName } from './text.ts'

/** What stands between `%` and the letter. */
export interface Flags {
  readonly plus?: boolean
  readonly sharp?: boolean
  readonly space?: boolean
  readonly precision?: number
}

/** An int under the verb; undefined when the verb is not for ints. */
export function formatInteger(value: bigint, letter: string, flags: Flags): string | undefined {
  switch (letter) {
    case 'v':
    case 'd':
      return signed(value, value < 0n ? -value : value, 10, '', flags)
    case 'b':
      return inBase(value, 2, '0b', flags)
    case 'o':
      return inBase(value, 8, '0', flags)
    case 'O':
      return inBase(value, 8, '0o', { ...flags, sharp: true })
    case 'x':
      return inBase(value, 16, '0x', flags)
    case 'X':
      return inBase(value, 16, '0x', flags).toUpperCase()
    case 'c':
      return character(value)
    case 'q':
      return quote(character(value), "'")
    case 'U':
      return unicodeName(Number(value), flags.sharp === true)
    default:
      return undefined
  }
}

function inBase(value: bigint, base: number, prefix: string, flags: Flags): string {
  return signed(value, value < 0n ? -value : value, base, flags.sharp ? prefix : '', flags)
}

function signed(value: bigint, size: bigint, base: number, prefix: string, flags: Flags): string {
  const digits = size.toString(base).padStart(flags.precision ?? 0, '0')
  return sign(value < 0n, flags) + prefix + digits
}

function character(value: bigint): string {
  const isCodePoint = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value < 0xe000n)
  return isCodePoint ? String.fromCodePoint(Number(value)) : '\ufffd'
}

function sign(isNegative: boolean, { plus, space }: Flags): string {
  if (isNegative) return '-'
  if (plus) return '+'
  return space ? ' ' : ''
}

/** A float64 under the verb; undefined when the verb is not for floats. `%b` and `%x` of floats are not supported. */
export function formatFloat(value: number, letter: string, flags: Flags): string | undefined {
  if (!'vgGeEfF'.includes(letter)) return undefined
  const isNegative = value < 0 || Object.is(value, -0)
  const size = Math.abs(value)
  if (Number.isNaN(value)) return `${flags.plus ? '+' : ''}NaN`
  if (!Number.isFinite(value)) return (isNegative ? '-' : '+') + 'Inf'
  const digits = formatSize(size, letter.toLowerCase(), flags)
  return (
    sign(isNegative, flags) + (letter === 'E' || letter === 'G' ? digits.toUpperCase() : digits)
  )
}

function formatSize(size: number, letter: string, { precision }: Flags): string {
  if (letter === 'e') return exponential(size.toExponential(Math.min(precision ?? 6, 100)))
  if (letter === 'f') return fixed(size, Math.min(precision ?? 6, 100))
  const shortest = size.toExponential(
    precision === undefined ? undefined : Math.min(Math.max(precision, 1), 100) - 1,
  )
  const exponent = Number(shortest.slice(shortest.indexOf('e') + 1))
  const digits = shortest.slice(0, shortest.indexOf('e')).replace('.', '').replace(/0+$/, '')
  if (size !== 0 && (exponent < -4 || exponent >= Math.max(precision ?? shortestLimit, 1))) {
    const fraction = digits.slice(1)
    return exponential(`${digits[0]}${fraction && `.${fraction}`}e${exponent}`)
  }
  return plain(digits, exponent)
}

/** From this power of ten on, Go prints with an exponent when no precision is given. */
const shortestLimit = 6

/** Digits with the point where the exponent puts it. */
function plain(digits: string, exponent: number): string {
  if (digits === '') return '0'
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = digits.slice(exponent + 1)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Exponents have a sign and at least two digits. */
function exponential(text: string): string {
  const [mantissa = '', exponent = ''] = text.split('e')
  const digits = exponent.replace(/^[+-]/, '').padStart(2, '0')
  return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${digits}`
}

function fixed(size: number, precision: number): string {
  if (size < 1e21) return size.toFixed(precision)
  return BigInt(size).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '')
}
