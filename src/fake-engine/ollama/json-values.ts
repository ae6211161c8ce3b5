/** What a JSON value is. */

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value where it is a string, and the empty one otherwise. */
export function stringIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
