import type { Admission, Pass } from '../core/engine-entry.ts'
import type { GatewayContext } from './context.ts'
import { type Exchange, whenClientLeaves } from './exchange.ts'

/** Routes that use a model; the others only look something up. Source: ollama/ollama server/routes.go. */
const inferencePaths = new Set(['/api/generate', '/api/chat', '/api/embed', '/api/embeddings'])

/**
 * Asks for a place in the engine. Only inference needs one: what is looked up, and a request to unload, is answered beside
 * whatever runs.
 */
export async function enterEngine(
  exchange: Exchange,
  engineId: string,
  isUnload: boolean,
  { engines }: GatewayContext,
): Promise<Admission> {
  const { route, request, model } = exchange
  if (isUnload || !inferencePaths.has(route?.path ?? '')) {
    return { type: 'admitted', pass: passWithoutPlace(engines.begin(engineId)) }
  }
  return await engines.enter(engineId, {
    model,
    key: request.socket.remoteAddress ?? '',
    whenClientLeaves: (action) => whenClientLeaves(exchange, action),
  })
}

/** For what takes no place in an engine and is counted all the same. */
export function passWithoutPlace(finish: Pass['finish']): Pass {
  return { answering: () => {}, leave: (abort) => abort(), whenOut: () => () => {}, finish }
}
