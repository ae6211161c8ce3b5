/** A JSON object that may be a schema. */
export type Schema = Readonly<Record<string, unknown>>

/** True for a JSON object. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
