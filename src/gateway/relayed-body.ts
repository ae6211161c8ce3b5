import { OdError } from '../core/errors/index.ts'
import { findForeignToken } from '../wire/http/context-tokens.ts'
import { findJsonExcess } from '../wire/http/json-bounds.ts'

/** How the error names what there is too much of. */
const excessNames = {
  depth: 'levels of nesting',
  keys: 'keys in one object',
  items: 'items in one list',
}

/**
 * Refuses what could harm an engine, for good: no other engine gets to see it. Throws OD_EDGE_JSON_BOUNDS and
 * OD_EDGE_CONTEXT. All else that may be wrong with a body is the engine's to say, in its own words.
 */
export function checkRelayedBody(path: string, body: Buffer): void {
  const excess = findJsonExcess(body)
  if (excess !== undefined)
    throw new OdError('OD_EDGE_JSON_BOUNDS', { excess: excessNames[excess] })
  if (path !== '/api/generate') return
  const token = findForeignToken(body)
  if (token !== undefined) throw new OdError('OD_EDGE_CONTEXT', { token })
}
