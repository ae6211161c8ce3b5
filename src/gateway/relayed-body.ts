import { isDigestText } from '../core/digest.ts'
import { OdError } from '../core/errors/index.ts'
import { findForeignToken } from '../wire/http/context-tokens.ts'
import { findInfoMisfit } from '../wire/http/create-info.ts'
import { findJsonExcess } from '../wire/http/json-bounds.ts'
import { peekCreate } from '../wire/peek-create.ts'

/** How the error names what there is too much of. */
const excessNames = {
  depth: 'levels of nesting',
  keys: 'keys in one object',
  items: 'items in one list',
}

/**
 * Refuses what could harm an engine, for good: no other engine gets to see it. Throws OD_EDGE_JSON_BOUNDS, OD_EDGE_CONTEXT,
 * OD_CREATE_INFO and OD_DIGEST_FORMAT. All else that may be wrong with a body is the engine's to say, in its own words.
 */
export function checkRelayedBody(path: string, body: Buffer): void {
  const excess = findJsonExcess(body)
  if (excess !== undefined)
    throw new OdError('OD_EDGE_JSON_BOUNDS', { excess: excessNames[excess] })
  if (path === '/api/create') checkCreate(body)
  if (path !== '/api/generate') return
  const token = findForeignToken(body)
  if (token !== undefined) throw new OdError('OD_EDGE_CONTEXT', { token })
}

/** A text in the place of a digest names a file in an Ollama that does not look at its form (before 0.1.34). */
function checkCreate(body: Buffer): void {
  const misfit = findInfoMisfit(body)
  if (misfit !== undefined) throw new OdError('OD_CREATE_INFO', { ...misfit })
  const { files, additions } = peekCreate(body)
  if (![...files, ...additions].every(isDigestText)) throw new OdError('OD_DIGEST_FORMAT')
}
