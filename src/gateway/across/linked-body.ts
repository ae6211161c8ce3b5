import type { IncomingHttpHeaders } from 'node:http'
import { isOdError, OdError } from '../../core/errors/index.ts'
import type { RequestBody } from '../body.ts'
import { findCloudAnswerers, missingIn } from '../cloud.ts'
import { scanned } from '../engine-body.ts'
import { checkRelayedBody } from '../relayed-body.ts'
import { readWish } from '../wish.ts'
import type { EngineRouteOptions, EngineTarget } from './engine-route.ts'

/**
 * What the edge of this node would refuse, whatever the other node lets pass: a body that could harm an engine, and a question
 * to Ollama's cloud where the owner of this node does not have it, or of an engine that is not the one to ask it. Undefined
 * where the body may go on.
 */
export async function misfitOf(
  { engine, route, query }: EngineTarget,
  { headers, body }: { readonly headers: IncomingHttpHeaders; readonly body: RequestBody },
  policy: Pick<EngineRouteOptions, 'acceptsCloud' | 'engines'>,
): Promise<OdError | undefined> {
  try {
    const wish = await readWish(route, { query, headers, body: scanned(body) })
    if (wish.json !== undefined) checkRelayedBody(route.path, wish.json)
    const mayAnswer = findCloudAnswerers(route, wish, policy)
    if (mayAnswer?.({ id: engine }) !== false) return undefined
    return new OdError('OD_CLOUD_DISABLED', { what: missingIn(route) })
  } catch (error) {
    if (isOdError(error)) return error
    throw error
  }
}
