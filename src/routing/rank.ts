import type { EngineView } from '../core/engine.ts'
import { namesModel } from '../core/model-listing.ts'
import type { Strategy } from '../core/strategy.ts'
import { type Ejections, isEjected } from './ejection.ts'
import type { History } from './history.ts'
import { isCrowded, loadsOf } from './load.ts'

/** Engines in the order in which they should be tried, and why the first one is first. */
export interface Ranking {
  readonly order: readonly string[]
  /** So many at the start of the order are as near to answering as the first: only their load tells them apart. */
  readonly alike: number
  readonly reason: string
}

export interface Question {
  /** Canonical name, where the request names a model. */
  readonly model: string | undefined
  readonly engines: readonly EngineView[]
  /** False for engines that cannot answer such a request at all; where absent, all can. */
  readonly mayAnswer?: ((engine: EngineView) => boolean) | undefined
}

/** What choosing has learnt. */
export interface Learnt {
  readonly history: History
  readonly ejections: Ejections
}

/**
 * Orders the engines that can be used. Whatever the strategy, engines that have the model come before those whose lists
 * do not show it (the lists may be older than the model). Of equal ones one of this node is first, but where turns are the
 * strategy; then the one whose last turn is longest ago: so every engine gets its turn however the others come and go. Pure.
 */
export function rankEngines(
  strategy: Strategy,
  { model, engines, mayAnswer }: Question,
  { history, ejections }: Learnt,
  nowMs: number,
): Ranking {
  const usable = engines.filter(
    (engine) => engine.state === 'running' && mayAnswer?.(engine) !== false,
  )
  const loads = loadsOf(usable, model, history, nowMs)
  const ranked = usable.map((engine) => ({
    id: engine.id,
    place: placeOf(strategy, engine, model, isEjected(ejections, engine.id, nowMs)),
    load: strategy === 'round_robin' ? 0 : (loads.get(engine.id) ?? 0),
    hops: strategy === 'round_robin' || engine.node === undefined ? 0 : 1,
    lastTurn: history.lastTurn(engine.id),
  }))
  ranked.sort(
    (a, b) => a.place - b.place || a.load - b.load || a.hops - b.hops || a.lastTurn - b.lastTurn,
  )
  const [first] = ranked
  if (first === undefined) return { order: [], alike: 0, reason: 'no engine is running' }
  const reason = model === undefined ? 'no model named' : (places[first.place] ?? '')
  const alike = ranked.filter(({ place }) => place === first.place).length
  return { order: ranked.map(({ id }) => id), alike, reason: `${strategy}: ${reason}` }
}

/**
 * How near an engine is to answering; lower is nearer. An engine for whose slots too many wait lets others that have the
 * model go first, although those must load it; one that keeps breaking requests off lets all others that have it.
 */
const places = [
  'model loaded',
  'model on disk',
  'model loaded, but crowded',
  'model on disk, but crowded',
  'model there, but the engine failed of late',
  'model not known here',
  'model not known here, and the engine failed of late',
] as const

function placeOf(
  strategy: Strategy,
  engine: EngineView,
  model: string | undefined,
  isOut: boolean,
): number {
  if (model === undefined) return isOut ? 4 : 0
  const isLoaded = namesModel(engine.loaded, model)
  if (!isLoaded && !namesModel(engine.models, model)) return isOut ? 6 : 5
  if (isOut) return 4
  if (strategy !== 'model_affinity') return 1
  return (isLoaded ? 0 : 1) + (isCrowded(engine) ? 2 : 0)
}
