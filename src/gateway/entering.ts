import type { EngineView } from '../core/engine.ts'
import type { Admission, Pass } from '../core/engine-entry.ts'
import type { EntryMode } from './across/entry-note.ts'
import type { GatewayContext } from './context.ts'
import { type Exchange, whenClientLeaves } from './exchange.ts'
import { isInference } from './routes.ts'

/**
 * How a request is to come into an engine. Only inference needs a place: what is looked up, and a request to unload, is
 * answered beside whatever runs.
 */
export function entryModeOf(
  { route }: Exchange,
  { isUnload, mayWait }: { readonly isUnload: boolean; readonly mayWait: boolean },
): EntryMode {
  if (isUnload || route === undefined || !isInference(route)) return 'beside'
  return mayWait ? 'wait' : 'now'
}

/** Whose request it is: the clients of an engine take turns, through whichever gateway they come. */
export function entryKeyOf({ request }: Exchange): string {
  return request.socket.remoteAddress ?? ''
}

/** Asks for a place in the engine; at one of another node this only counts, and its owner is asked by the request itself. */
export async function enterEngine(
  exchange: Exchange,
  engine: EngineView,
  mode: EntryMode,
  { engines }: GatewayContext,
): Promise<Admission> {
  if (mode === 'beside' && engine.node === undefined) {
    return { type: 'admitted', pass: passWithoutPlace(engines.begin(engine.id)) }
  }
  return await engines.enter(engine.id, {
    model: exchange.model,
    key: entryKeyOf(exchange),
    mayWait: mode !== 'now',
    whenClientLeaves: (action) => whenClientLeaves(exchange, action),
  })
}

/** For what takes no place in an engine and is counted all the same. */
export function passWithoutPlace(finish: Pass['finish']): Pass {
  return { answering: () => {}, leave: (abort) => abort(), whenOut: () => () => {}, finish }
}
