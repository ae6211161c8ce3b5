/** JSON as Go's encoder writes it: no spaces, fields in the order given, markup and line separators escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Go omits fields that are empty; `undefined` marks them here. Time in UTC with nanoseconds, trailing zeros cut. */
export function goTime(wallMs: number): string {
  const whole = new Date(wallMs).toISOString().slice(0, 19)
  const nanos = Math.floor((wallMs % 1000) * 1e6)
    .toString()
    .padStart(9, '0')
    .replace(/0+$/, '')
  return nanos === '' ? `${whole}Z` : `${whole}.${nanos}Z`
}

/** Milliseconds as whole nanoseconds; zero is left out of answers, as Go's `omitempty` does. */
export function nanosOf(durationMs: number): number | undefined {
  return Math.round(durationMs * 1e6) || undefined
}

/** Keeps the order of its keys where maps around it are sorted, as `json.RawMessage` does. */
export class AsSent {
  readonly #value: unknown

  constructor(value: unknown) {
    this.#value = value
  }

  toJSON(): unknown {
    return this.#value
  }
}

/** Go writes maps in the order of their keys, at every depth. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null || value instanceof AsSent) return value
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(pairs.map(([key, item]) => [key, sorted(item)]))
}
