import { OdError } from '../../core/errors/index.ts'

/** The body of a request to a route of our own: an object, whose fields are still to be looked at. Throws `OD_BODY_MALFORMED`. */
export function decodeObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // said below
  }
  throw new OdError('OD_BODY_MALFORMED', { reason: 'it is no JSON object' })
}
