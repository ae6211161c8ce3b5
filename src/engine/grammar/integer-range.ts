/** GBNF for the whole numbers between two bounds. Pure. */

/** As many digits as every double holds exactly; an open end of a range is the largest such number. */
const largest = 10 ** 15 - 1

/** Numbers from `min` to `max`, both included; undefined when there is none. */
export function integerRange(min = -largest, max = largest): string | undefined {
  const from = Math.max(Math.ceil(min), -largest)
  const to = Math.min(Math.floor(max), largest)
  if (from > to) return undefined
  const parts: string[] = []
  if (from < 0) parts.push(`"-" (${natural(Math.max(1, -to), -from)})`)
  if (to >= 0) parts.push(natural(Math.max(0, from), to))
  return parts.join(' | ')
}

/** `from` and `to` are not negative. One alternative for each number of digits. */
function natural(from: number, to: number): string {
  const alternatives: string[] = []
  for (let digits = String(from).length; digits <= String(to).length; digits++) {
    const least = digits === 1 ? 0 : 10 ** (digits - 1)
    const low = String(Math.max(from, least))
    const high = String(Math.min(to, 10 ** digits - 1))
    alternatives.push(between(low, high))
  }
  return alternatives.join(' | ')
}

/** Digit strings of equal length, from `low` to `high`. */
function between(low: string, high: string): string {
  const length = low.length
  if (length === 0) return '""'
  if (/^0*$/.test(low) && /^9*$/.test(high)) return `[0-9]{${length}}`
  const [first, last] = [Number(low[0]), Number(high[0])]
  const [lowRest, highRest] = [low.slice(1), high.slice(1)]
  const digit = (a: number, b: number) => (a === b ? `"${a}"` : `[${a}-${b}]`)
  if (length === 1) return digit(first, last)
  if (first === last) return `"${first}" (${between(lowRest, highRest)})`
  const isLowWhole = /^0*$/.test(lowRest)
  const isHighWhole = /^9*$/.test(highRest)
  const parts: string[] = []
  if (!isLowWhole) parts.push(`"${first}" (${between(lowRest, '9'.repeat(length - 1))})`)
  const [a, b] = [isLowWhole ? first : first + 1, isHighWhole ? last : last - 1]
  if (a <= b) parts.push(`${digit(a, b)} [0-9]{${length - 1}}`)
  if (!isHighWhole) parts.push(`"${last}" (${between('0'.repeat(length - 1), highRest)})`)
  return parts.join(' | ')
}
