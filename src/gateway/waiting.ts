import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import type { GatewayContext } from './context.ts'
import { type Exchange, whenClientLeaves } from './exchange.ts'

/** True when an engine is on its way to being usable by itself. */
export function isAnyComing({ engines }: GatewayContext): boolean {
  return engines.list().some(isComing)
}

/** Engines of this node. */
export function ownEngines({
  engines,
}: {
  readonly engines: Pick<GatewayContext['engines'], 'list'>
}): readonly EngineView[] {
  const all = engines.list()
  return all.every(isOwn) ? all : all.filter(isOwn)
}

function isOwn({ node }: EngineView): boolean {
  return node === undefined
}

export function isComing({ state }: EngineView): boolean {
  return state === 'starting' || state === 'restarting'
}

/** Engines that cannot be used now and have the model, as far as was known of them last. */
export function absentHolders(
  engines: readonly EngineView[],
  model: string | undefined,
): readonly EngineView[] {
  if (model === undefined) return []
  return engines.filter(({ state, models }) => state !== 'running' && namesModel(models, model))
}

/** The error for a request that found no engine among these; it tells how each one stands. */
export function noEngineError(engines: readonly EngineView[]): OdError {
  const standing = engines.map(({ id, state }) => `${id}: ${state}`)
  return new OdError('OD_EDGE_NO_ENGINE', { engines: standing.join(', ') || 'none is configured' })
}

/** Resolves when an engine is usable, the time is over or the client has left, whichever comes first. */
export async function waitForEngine(
  exchange: Exchange,
  context: GatewayContext,
  timeoutMs: number,
): Promise<void> {
  const left = new AbortController()
  const stopWatching = whenClientLeaves(exchange, () => left.abort())
  try {
    await context.engines.untilUsable(timeoutMs, left.signal)
  } finally {
    stopWatching()
  }
}

/** Waits while the only hope is an engine that starts. Throws OD_EDGE_NO_ENGINE when there is none in the end. */
export async function requireEngine(exchange: Exchange, context: GatewayContext): Promise<void> {
  const isUsable = () => context.engines.list().some(({ state }) => state === 'running')
  if (!isUsable() && isAnyComing(context)) {
    await waitForEngine(exchange, context, context.limits.engineWaitMs)
  }
  if (!isUsable()) throw noEngineError(context.engines.list())
}
