import type { EngineView } from '../core/engine.ts'
import type { History } from './history.ts'

/** Engines less than so many times slower than the fastest count as equal: answers differ in length as much. */
const slownessMin = 2

/** What is answered faster counts as this fast: below it, chance decides. */
const fastMs = 10

/** Requests waiting for each slot above which an engine is crowded: two more rounds before a new one gets its turn. */
const waitingPerSlotMax = 2

/** True when more wait for the engine than it is worth waiting for while another has the model too. */
export function isCrowded({ queuedRequests = 0, slots = 1 }: EngineView): boolean {
  return queuedRequests > waitingPerSlotMax * slots
}

/**
 * How busy each engine would be with one request more: requests for each slot, times how much slower it is than the
 * fastest. Counting alone would give a slow engine its full share whenever all are idle.
 */
export function loadsOf(
  engines: readonly EngineView[],
  model: string | undefined,
  history: History,
  nowMs: number,
): ReadonlyMap<string, number> {
  const times = new Map(
    engines.map(({ id }) => [id, history.serviceMs(id, model ?? '', nowMs)] as const),
  )
  const known = [...times.values()].filter((time) => time !== undefined)
  const fastestMs = Math.min(...known)
  return new Map(
    engines.map(({ id, activeRequests, queuedRequests = 0, slots = 1 }) => {
      const ownMs = times.get(id)
      const slowness = ownMs === undefined ? 1 : ownMs / Math.max(fastestMs, fastMs)
      const perSlot = (activeRequests + queuedRequests + 1) / slots
      return [id, slowness < slownessMin ? perSlot : perSlot * slowness]
    }),
  )
}
