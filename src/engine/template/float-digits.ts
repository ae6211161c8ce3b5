/** The digits of a float64 as Go writes them. Source: Go strconv, ftoa.go. Exact: ties round to even, as in Go. */

/**
 * `value` is finite and not negative, `kind` one of `e E f F g G b x X`. Without a precision the fewest digits that mean
 * this number.
 */
export function formatDigits(value: number, kind: string, precision?: number): string {
  switch (kind) {
    case 'e':
      return exponential(digitsOf(value, precision === undefined ? undefined : precision + 1))
    case 'f':
    case 'F':
      return fixed(value, precision ?? 6)
    case 'g':
      return general(value, precision)
    case 'b':
      return binary(value)
    case 'x':
      return hexadecimal(value, precision)
    default:
      return formatDigits(value, kind.toLowerCase(), precision).toUpperCase()
  }
}

/** `0.d1d2d3… × 10^(exponent + 1)`, the digits without an end of zeros unless they were asked for. */
interface Decimal {
  readonly digits: string
  readonly exponent: number
}

function general(value: number, precision: number | undefined): string {
  const wanted = precision === undefined ? undefined : Math.max(precision, 1)
  const { digits, exponent } = digitsOf(value, wanted)
  const shown = digits.replace(/0+$/, '') || '0'
  const bound = wanted === undefined ? shortestBound : boundOf(wanted, shown.length, exponent)
  if (exponent < -4 || exponent >= bound) return exponential({ digits: shown, exponent })
  return plain(shown, exponent)
}

/** From this power of ten on, Go prints an exponent when no precision is given. */
const shortestBound = 6

function boundOf(wanted: number, length: number, exponent: number): number {
  return wanted > length && length >= exponent + 1 ? length : wanted
}

/** Digits with the point where the exponent puts it. */
function plain(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = digits.slice(exponent + 1)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Exponents have a sign and at least two digits. */
function exponential({ digits, exponent }: Decimal): string {
  const fraction = digits.slice(1)
  const power = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits[0]}${fraction && `.${fraction}`}e${exponent < 0 ? '-' : '+'}${power}`
}

function fixed(value: number, precision: number): string {
  const { unscaled, places } = exact(value)
  const digits = String(rounded(unscaled, places - precision)).padStart(precision + 1, '0')
  if (precision === 0) return digits
  return `${digits.slice(0, -precision)}.${digits.slice(-precision)}`
}

function digitsOf(value: number, count: number | undefined): Decimal {
  if (count === undefined) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e')
    return { digits: mantissa.replace('.', ''), exponent: Number(exponent) }
  }
  if (value === 0) return { digits: '0'.repeat(count), exponent: 0 }
  const { unscaled, places } = exact(value)
  const length = String(unscaled).length
  const digits = String(rounded(unscaled, length - count))
  const carry = digits.length - count
  return { digits: digits.slice(0, count), exponent: length - 1 - places + carry }
}

/** The number as `unscaled / 10^places`. */
function exact(value: number): { unscaled: bigint; places: number } {
  const { mantissa, exponent } = parts(value)
  if (exponent >= 0) return { unscaled: mantissa << BigInt(exponent), places: 0 }
  return { unscaled: mantissa * 5n ** BigInt(-exponent), places: -exponent }
}

/** Without its last `drop` digits, rounded to the nearest, ties to even; with zeros behind it when that is negative. */
function rounded(unscaled: bigint, drop: number): bigint {
  if (drop <= 0) return unscaled * 10n ** BigInt(-drop)
  const unit = 10n ** BigInt(drop)
  const [quotient, twice] = [unscaled / unit, (unscaled % unit) * 2n]
  const isUp = twice > unit || (twice === unit && quotient % 2n === 1n)
  return isUp ? quotient + 1n : quotient
}

/** `value = mantissa × 2^exponent`, the mantissa with all of its 53 bits where it has them. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const power = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  if (power === 0) return { mantissa: fraction, exponent: -1074 }
  return { mantissa: fraction | (1n << 52n), exponent: power - 1075 }
}

function binary(value: number): string {
  const { mantissa, exponent } = parts(value)
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`
}

/** Bits behind the first digit, which is 0 or 1. */
const fractionBits = 60n

function hexadecimal(value: number, precision: number | undefined): string {
  let { mantissa, exponent } = parts(value)
  exponent = mantissa === 0n ? 0 : exponent + 52
  mantissa <<= fractionBits - 52n
  while (mantissa !== 0n && mantissa >> fractionBits === 0n) {
    mantissa <<= 1n
    exponent--
  }
  if (precision !== undefined && precision < 15) {
    const drop = fractionBits - BigInt(precision * 4)
    const [quotient, rest] = [mantissa >> drop, mantissa & ((1n << drop) - 1n)]
    const half = 1n << (drop - 1n)
    const isUp = rest > half || (rest === half && quotient % 2n === 1n)
    mantissa = (isUp ? quotient + 1n : quotient) << drop
    if (mantissa >> (fractionBits + 1n) !== 0n) {
      mantissa >>= 1n
      exponent++
    }
  }
  const all = (mantissa & ((1n << fractionBits) - 1n)).toString(16).padStart(15, '0')
  const fraction =
    precision === undefined
      ? all.replace(/0+$/, '')
      : all.slice(0, precision).padEnd(precision, '0')
  const power = String(Math.abs(exponent)).padStart(2, '0')
  const whole = `0x${mantissa >> fractionBits}${fraction && `.${fraction}`}`
  return `${whole}p${exponent < 0 ? '-' : '+'}${power}`
}
