/** Sizes in bytes as people write and read them. */

const unitBytes: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
  ['tib', 2 ** 40],
])

/**
 * Bytes of `512`, `10GB` (decimal), `64MiB` (binary), `1.5 GB`; the case of the unit does not matter. Undefined when it
 * is none of these, or beyond what a number counts exactly. A bare `10G` is refused: it could mean either kind.
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,9})?) ?([a-z]{0,3})$/i.exec(text)
  const unit = unitBytes.get((match?.[2] ?? '').toLowerCase())
  if (match?.[1] === undefined || unit === undefined) return undefined
  const bytes = Math.round(Number(match[1]) * unit)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

const displayUnits = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'KB'],
] as const

/** Decimal, one digit after the point below ten: `3.1 MB`, `98 MB`, `512 B`. Source: Ollama format/bytes.go. */
export function formatByteSize(bytes: number): string {
  const unit = displayUnits.find(([size]) => bytes >= size)
  if (unit === undefined) return `${bytes} B`
  const [size, name] = unit
  const value = bytes / size
  if (value >= 10 || Number.isInteger(value)) return `${Math.trunc(value)} ${name}`
  return `${toFixedLikeGo(value, 1)} ${name}`
}

/** `toFixed`, but an exact half goes to the even digit, as Go's `%.1f` has it: 1.25 becomes 1.2. */
export function toFixedLikeGo(value: number, digits: number): string {
  const scaled = value * 10 ** digits
  const isExactHalf = Number.isInteger(scaled * 2) && !Number.isInteger(scaled)
  // A decimal half is exact in binary only when it is a multiple of a small power of two.
  if (isExactHalf && Number.isInteger(value * 2 ** (digits + 1)) && Math.floor(scaled) % 2 === 0) {
    return (Math.floor(scaled) / 10 ** digits).toFixed(digits)
  }
  return value.toFixed(digits)
}
