import type { EngineView } from '../core/engine.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'

/** Engines in the order in which they should be tried, and why the first one is first. */
export interface Ranking {
  readonly order: readonly string[]
  readonly reason: string
}

/** How near an engine is to answering; lower is nearer. */
const ranks = ['model loaded', 'model on disk', 'model not known here'] as const

/**
 * Orders the engines that can be used: those that hold the model in memory, then those that have it on disk, then the
 * others, whose lists may be older than the model. Equal ones take turns: `turn` counts requests. Without a model all
 * are equal. `model` is a canonical name. Pure.
 */
export function rankEngines(question: {
  readonly model: string | undefined
  readonly engines: readonly EngineView[]
  readonly turn: number
}): Ranking {
  const { model, engines, turn } = question
  const usable = engines.filter((engine) => engine.state === 'running')
  const groups: string[][] = ranks.map(() => [])
  for (const engine of usable) groups[rankOf(engine, model)]?.push(engine.id)
  const order = groups.flatMap((group) => rotate(group, turn))
  if (order.length === 0) return { order, reason: 'no engine is running' }
  if (model === undefined) return { order, reason: 'no model named' }
  return { order, reason: ranks[groups.findIndex((group) => group.length > 0)] ?? '' }
}

/** True when one of the listings is the model of that canonical name. */
export function namesModel(listings: readonly { readonly name: string }[], model: string): boolean {
  let names = namesByListings.get(listings)
  if (names === undefined) {
    names = new Set(listings.map(({ name }) => canonical(name)))
    namesByListings.set(listings, names)
  }
  return names.has(model)
}

/** Lists are replaced as a whole and never changed, so what was read out of one stays true. */
const namesByListings = new WeakMap<readonly object[], ReadonlySet<string>>()

function rankOf(engine: EngineView, model: string | undefined): number {
  if (model === undefined || namesModel(engine.loaded, model)) return 0
  return namesModel(engine.models, model) ? 1 : 2
}

function canonical(name: string): string {
  const parsed = parseModelName(name)
  return parsed === undefined ? name.toLowerCase() : canonicalName(parsed)
}

function rotate(ids: readonly string[], turn: number): string[] {
  const at = ids.length === 0 ? 0 : turn % ids.length
  return [...ids.slice(at), ...ids.slice(0, at)]
}
