import type { EngineView } from '../core/engine.ts'
import type { EntryMode } from './across/entry-note.ts'
import { callOwner, type OwnerListener } from './across/owner-call.ts'
import type { GatewayContext } from './context.ts'
import { entryKeyOf } from './entering.ts'
import type { Exchange } from './exchange.ts'
import type { UpstreamCall, UpstreamRequest } from './upstream.ts'
import { ownEngines } from './waiting.ts'

/** A request on its way into one engine. */
export interface EngineCall {
  readonly exchange: Exchange
  readonly engine: EngineView
  readonly mode: EntryMode
  /** As the engine gets it. */
  readonly request: UpstreamRequest
}

/**
 * Sends it: to an engine of this node by a connection of its pool, to another's by the link to its owner. `onWaited` as of
 * `callOwner`.
 */
export function callEngine(
  { exchange, engine, mode, request }: EngineCall,
  context: GatewayContext,
  { listener, onWaited }: { listener: OwnerListener; onWaited: (ms: number) => void },
): UpstreamCall {
  const { engines, pools } = context
  if (engine.node === undefined) {
    return pools.send(engine, ownEngines(context), request, listener)
  }
  const { id: requestId, model } = exchange
  const note = { requestId, key: entryKeyOf(exchange), model, mode }
  return callOwner(
    engines.linkTo(engine.node),
    engine.id,
    { request, note },
    { listener, onWaited },
  )
}
