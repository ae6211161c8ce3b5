/** Which model makes room when another one is wanted. Pure. */
import type { ResidencyState, Resident } from './residency.ts'
import { worthOf } from './usage.ts'

/**
 * `ollama`: the shortest keep-alive goes first, then the first by path; one that stays for ever goes last, but goes.
 * `least-useful`: the one that saves the least loading, see `worthOf`: for each byte it holds where memory is short, for its
 * place where the number of models is the limit; one that stays for ever goes only where all do.
 * Source of the first: Ollama server/sched.go at v0.24.0, findRunnerToUnload, ByDurationAndName.
 */
export type EvictionOrder = 'ollama' | 'least-useful'

/** What another model would need: one of the places, or memory. */
export type Lacking = 'place' | 'memory'

/** The model that goes; `isIdle` is false when its requests must end first. Undefined when waiting will help. */
export interface Victim {
  readonly path: string
  readonly isIdle: boolean
}

/**
 * How long whoever lacks room waits for the least useful model to become idle before he takes a better one or has nobody new let
 * in: as long as a load takes, for that is what a better choice saves. In Ollama's order not at all.
 */
export function patienceMs({ residents, usage, bounds }: ResidencyState): number {
  if (bounds.eviction === 'ollama') return 0
  const loads = [...residents.keys()].map((path) => usage.get(path)?.loadMs ?? 0)
  return Math.ceil(Math.max(0, ...loads))
}

/**
 * Chooses one that is idle, else a busy one; with patience the least useful or, while that is busy, none. Loading ones are
 * wanted, and one at a time goes.
 */
export function chooseVictim(
  state: ResidencyState,
  lacking: Lacking,
  isPatient: boolean,
  nowMs: number,
): Victim | undefined {
  const residents = [...state.residents]
  if (residents.some(([, { phase }]) => phase === 'stopping')) return undefined
  const all = residents.filter(([, { phase }]) => phase === 'ready')
  const order = orders[state.bounds.eviction](state, lacking, nowMs)
  const passing = all.filter(([, { keepAliveMs }]) => keepAliveMs !== Number.POSITIVE_INFINITY)
  const sparesLasting = state.bounds.eviction === 'least-useful' && passing.length > 0
  const candidates = (sparesLasting ? passing : all).toSorted(order)
  const idle = candidates.find(([, { users }]) => users.size === 0)
  if (isPatient && idle !== candidates[0]) return undefined
  const [path] = idle ?? candidates[0] ?? []
  return path === undefined ? undefined : { path, isIdle: idle !== undefined }
}

type Entry = readonly [string, Resident]
type Order = (a: Entry, b: Entry) => number

const orders: Readonly<
  Record<EvictionOrder, (state: ResidencyState, lacking: Lacking, nowMs: number) => Order>
> = {
  ollama: () => (a, b) => compare(a[1].keepAliveMs, b[1].keepAliveMs) || compare(a[0], b[0]),
  'least-useful': ({ usage }, lacking, nowMs) => {
    const share = (bytes: number) => (lacking === 'memory' ? Math.max(1, bytes) : 1)
    const worth = ([path, { bytes }]: Entry) => worthOf(usage.get(path), nowMs) / share(bytes)
    return (a, b) => compare(worth(a), worth(b)) || compare(a[0], b[0])
  },
}

/** Unlike a difference, also right when both are infinite. */
function compare<Value extends number | string>(a: Value, b: Value): number {
  return a === b ? 0 : a < b ? -1 : 1
}
