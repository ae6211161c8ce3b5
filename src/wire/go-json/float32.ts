/**
 * The shortest JSON number that names this float32, as Go prints one: embeddings are made of them. `value` is rounded to
 * float32 first; it must be finite. Source: Go strconv.FormatFloat with 32 bits.
 */
export function float32Json(value: number): string {
  const single = Math.fround(value)
  if (single === 0) return Object.is(single, -0) ? '-0' : '0'
  // Below the smallest normal number there are fewer digits to tell apart; above it six always come back unchanged.
  const digitsMin = Math.abs(single) < smallestNormal ? 1 : 6
  for (let digits = digitsMin; digits < digitsMax; digits++) {
    const shortest = nameWith(digits, single)
    if (shortest !== undefined) return String(shortest)
  }
  return String(rounded(single, digitsMax))
}

const smallestNormal = 2 ** -126

/** With nine digits every float32 has a name of its own. */
const digitsMax = 9

/** The number with so many digits that rounds to `single`; undefined when there is none. */
function nameWith(digits: number, single: number): number | undefined {
  const nearest = rounded(single, digits)
  if (Math.fround(nearest) === single) return nearest
  // At a power of two the gap below is half the gap above: the digits next above may fit where the nearest do not.
  const step = 10 ** (Math.floor(Math.log10(Math.abs(single))) + 1 - digits)
  const above = Number((nearest + Math.sign(single) * step).toPrecision(digits))
  return Math.fround(above) === single ? above : undefined
}

/** To so many digits; an exact half goes to the even digit, where JavaScript's own functions go up. */
function rounded(single: number, digits: number): number {
  const finer = single.toExponential(digits)
  const half = /^(.*[02468]\.?)5(e.*)$/.exec(finer)
  if (half !== null && Number(finer) === single) return Number(`${half[1]}${half[2]}`)
  return Number(single.toPrecision(digits))
}
