/**
 * Which models are in memory: when one is loaded, kept, thrown out to make room, and unloaded. Pure.
 *
 * As Ollama does it (server/sched.go): one runner per weights file; a request that needs other load options waits until
 * the runner is idle and has it reloaded; an idle runner expires after the keep-alive that a request last asked for.
 * A model is loaded where its estimate fits beside the others; else one makes room (`eviction.ts`).
 * Unlike Ollama, a client that leaves never ends a load that is under way.
 */
import type { Decision } from '../../../core/loop.ts'
import type { LoadOptions } from '../../runner/index.ts'
import { chooseVictim, type EvictionOrder, type Lacking, patienceMs } from './eviction.ts'
import { serves } from './serves.ts'
import { noteArrival, noteLoad, type UsageBook } from './usage.ts'

/** A request that wants a model in memory. `id` is unique among all requests of the process. */
export interface Wanted {
  readonly id: number
  readonly load: LoadOptions
  /** Memory that it will take, as estimated. */
  readonly bytes: number
  /** How long the model shall stay after its last request; Infinity for ever. Absent: leave it as it is. */
  readonly keepAliveMs: number | undefined
}

/** Until then whoever waits for room lets others go first, see `patienceMs`. */
type Waiting = Wanted & { readonly patientUntilMs: number }

export type ResidencyEvent =
  /** `memoryBytes`: what all models together may take, as measured now. */
  | { readonly type: 'request.arrived'; readonly wanted: Wanted; readonly memoryBytes: number }
  | { readonly type: 'request.finished'; readonly id: number }
  | { readonly type: 'unload.asked'; readonly path: string }
  | { readonly type: 'runner.loaded'; readonly path: string }
  | { readonly type: 'runner.exited'; readonly path: string }
  | { readonly type: 'timer.fired'; readonly path: string }

export type ResidencyEffect =
  /** `id`: the request for which it is loaded. */
  | { readonly type: 'load'; readonly id: number; readonly load: LoadOptions }
  | { readonly type: 'kill'; readonly path: string }
  | { readonly type: 'grant'; readonly id: number; readonly path: string }
  | {
      readonly type: 'refuse'
      readonly id: number
      readonly path: string
      readonly reason: 'loadFailed' | 'queueFull'
    }
  | { readonly type: 'startTimer'; readonly path: string; readonly delayMs: number }

/** `stopping`: killed, its process has not ended yet. */
export type Phase = 'loading' | 'ready' | 'stopping'

/** One model in memory, or on its way in or out. */
export interface Resident {
  readonly load: LoadOptions
  /** Memory that it takes, as estimated before its load. */
  readonly bytes: number
  readonly phase: Phase
  /** Monotonic time at which its load began. */
  readonly loadStartedMs: number
  /** Requests that use it now. */
  readonly users: ReadonlySet<number>
  readonly keepAliveMs: number
  /** Monotonic time at which it goes, counted from its last use or the start of its load; Infinity when it stays. */
  readonly expiresAtMs: number
}

export interface ResidencyState {
  readonly residents: ReadonlyMap<string, Resident>
  readonly waiting: readonly Waiting[]
  readonly usage: UsageBook
  /** What all models together may take, as measured at the latest request. */
  readonly memoryBytes: number
  readonly bounds: ResidencyBounds
}

/** How much may be in memory, and how many may wait. */
export interface ResidencyBounds {
  readonly residentsMax: number
  /** For a model or for a free sequence in one; Ollama's OLLAMA_MAX_QUEUE. */
  readonly waitingMax: number
  readonly keepAliveMs: number
  readonly eviction: EvictionOrder
}

/** A timer may fire so much before its time. */
const timerEarlyMs = 1

type Step = Decision<ResidencyState, ResidencyEffect>

export function initialResidency(bounds: ResidencyBounds): ResidencyState {
  const memoryBytes = Number.POSITIVE_INFINITY
  return { residents: new Map(), waiting: [], usage: new Map(), memoryBytes, bounds }
}

export function step(state: ResidencyState, event: ResidencyEvent, nowMs: number): Step {
  switch (event.type) {
    case 'request.arrived':
      return arrived(state, event.wanted, event.memoryBytes, nowMs)
    case 'request.finished':
      return finished(state, event.id, nowMs)
    case 'unload.asked':
      return unload(state, event.path, nowMs)
    case 'runner.loaded':
      return loaded(state, event.path, nowMs)
    case 'runner.exited':
      return exited(state, event.path, nowMs)
    case 'timer.fired':
      return expire(state, event.path, nowMs)
  }
}

function arrived(state: ResidencyState, wanted: Wanted, memoryBytes: number, nowMs: number): Step {
  const { id, load } = wanted
  if (waitingCount(state) >= state.bounds.waitingMax) {
    return { state, effects: [{ type: 'refuse', id, path: load.path, reason: 'queueFull' }] }
  }
  const usage = noteArrival(state.usage, load.path, nowMs)
  const patience = patienceMs(state)
  const entry = { ...wanted, patientUntilMs: nowMs + patience }
  const waiting = [...state.waiting, entry]
  const { state: next, effects } = settle({ ...state, waiting, usage, memoryBytes }, [], nowMs)
  const isWaiting = patience > 0 && next.waiting.includes(entry)
  const timer = { type: 'startTimer', path: load.path, delayMs: patience + timerEarlyMs } as const
  return { state: next, effects: isWaiting ? [...effects, timer] : effects }
}

/** Who waits for a model, and who has one but waits for a sequence in it. */
function waitingCount({ waiting, residents }: ResidencyState): number {
  const queued = [...residents.values()].map(({ users, load }) => users.size - load.parallel)
  return queued.reduce((sum, count) => sum + Math.max(0, count), waiting.length)
}

/** Grants, loads and evicts as far as the waiting requests, in their order, allow it. */
function settle(start: ResidencyState, before: readonly ResidencyEffect[], nowMs: number): Step {
  let state = start
  const effects = [...before]
  const stillWaiting: Waiting[] = []
  /** Models that somebody waits to see go; overtaking him for ever would starve him. */
  const toGo = new Set<string>()
  for (const wanted of start.waiting) {
    const { path } = wanted.load
    const resident = state.residents.get(path)
    if (toGo.has(path)) {
      // It is not granted any more: whoever came before waits for other options, or for another model in its place.
    } else if (resident === undefined) {
      const lacking = whatLacks(state, wanted)
      const isPatient = nowMs < wanted.patientUntilMs
      const victim =
        lacking === undefined ? undefined : chooseVictim(state, lacking, isPatient, nowMs)
      if (lacking === undefined) {
        effects.push({ type: 'load', id: wanted.id, load: wanted.load })
        state = put(state, path, loading(wanted, state.bounds, nowMs))
      } else if (victim?.isIdle === true) state = kill(state, victim.path, effects)
      else if (victim !== undefined) toGo.add(victim.path)
    } else if (resident.phase === 'ready' && serves(resident.load, wanted.load)) {
      state = grant(state, wanted, resident, nowMs)
      effects.push({ type: 'grant', id: wanted.id, path })
      continue
    } else if (resident.phase === 'ready') {
      toGo.add(path)
      if (resident.users.size === 0) state = kill(state, path, effects)
    }
    stillWaiting.push(wanted)
  }
  return { state: { ...state, waiting: stillWaiting }, effects }
}

/** With nothing in memory a model is loaded in any case: that it fits alone was looked at before. */
function whatLacks(state: ResidencyState, wanted: Wanted): Lacking | undefined {
  const { residents, memoryBytes, bounds } = state
  if (residents.size === 0) return undefined
  const held = [...residents.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  if (held + wanted.bytes > memoryBytes) return 'memory'
  return residents.size < bounds.residentsMax ? undefined : 'place'
}

function loading(wanted: Wanted, bounds: ResidencyBounds, nowMs: number): Resident {
  const keepAliveMs = wanted.keepAliveMs ?? bounds.keepAliveMs
  return {
    load: wanted.load,
    bytes: wanted.bytes,
    phase: 'loading',
    loadStartedMs: nowMs,
    users: new Set(),
    keepAliveMs,
    expiresAtMs: nowMs + keepAliveMs,
  }
}

function grant(state: ResidencyState, wanted: Wanted, resident: Resident, nowMs: number) {
  const keepAliveMs = wanted.keepAliveMs ?? resident.keepAliveMs
  return put(state, wanted.load.path, {
    ...resident,
    keepAliveMs,
    users: new Set(resident.users).add(wanted.id),
    expiresAtMs: nowMs + keepAliveMs,
  })
}

function loaded(state: ResidencyState, path: string, nowMs: number): Step {
  const resident = state.residents.get(path)
  if (resident?.phase !== 'loading') return { state, effects: [] }
  const expiresAtMs = nowMs + resident.keepAliveMs
  const usage = noteLoad(state.usage, path, nowMs - resident.loadStartedMs)
  const ready = put({ ...state, usage }, path, { ...resident, phase: 'ready', expiresAtMs })
  const decision = settle(ready, [], nowMs)
  const isUsed = decision.state.residents.get(path)?.users.size !== 0
  return isUsed ? decision : idle(decision, path, nowMs) // everyone who wanted it has left
}

/** What follows when a runner has nothing to do: its time runs, or it goes at once. */
function idle({ state, effects }: Step, path: string, nowMs: number): Step {
  const resident = state.residents.get(path)
  if (resident?.phase !== 'ready') return { state, effects }
  const next = [...effects]
  if (resident.keepAliveMs <= 0) return { state: kill(state, path, next), effects: next }
  if (resident.expiresAtMs !== Number.POSITIVE_INFINITY) {
    next.push({ type: 'startTimer', path, delayMs: Math.max(0, resident.expiresAtMs - nowMs) })
  }
  return { state, effects: next }
}

function finished(state: ResidencyState, id: number, nowMs: number): Step {
  const waiting = state.waiting.filter((wanted) => wanted.id !== id)
  const left = { ...state, waiting }
  const found = [...state.residents].find(([, resident]) => resident.users.has(id))
  if (found === undefined) return settle(left, [], nowMs)
  const [path, resident] = found
  const users = new Set(resident.users)
  users.delete(id)
  const next = put(left, path, {
    ...resident,
    users,
    expiresAtMs: nowMs + resident.keepAliveMs,
  })
  const after = users.size === 0 ? idle({ state: next, effects: [] }, path, nowMs) : undefined
  return settle(after?.state ?? next, after?.effects ?? [], nowMs)
}

function unload(state: ResidencyState, path: string, nowMs: number): Step {
  const resident = state.residents.get(path)
  if (resident === undefined || resident.phase === 'stopping') return { state, effects: [] }
  const effects: ResidencyEffect[] = []
  let next = put(state, path, { ...resident, keepAliveMs: 0, expiresAtMs: nowMs })
  if (resident.phase === 'ready' && resident.users.size === 0) next = kill(next, path, effects)
  return { state: next, effects }
}

function exited(state: ResidencyState, path: string, nowMs: number): Step {
  const wasLoading = state.residents.get(path)?.phase === 'loading'
  // What was refused or killed the runner while it loaded would do so again, for ever.
  const { state: next, effects } = wasLoading ? refuseAll(state, path) : { state, effects: [] }
  return settle(without(next, path), effects, nowMs)
}

function refuseAll(state: ResidencyState, path: string): Step {
  const isHere = (wanted: Wanted) => wanted.load.path === path
  return {
    state: { ...state, waiting: state.waiting.filter((wanted) => !isHere(wanted)) },
    effects: state.waiting
      .filter(isHere)
      .map(({ id }) => ({ type: 'refuse', id, path, reason: 'loadFailed' })),
  }
}

function expire(state: ResidencyState, path: string, nowMs: number): Step {
  const resident = state.residents.get(path)
  const isDue =
    resident?.phase === 'ready' && resident.users.size === 0 && resident.expiresAtMs <= nowMs
  if (!isDue) return settle(state, [], nowMs) // it was used again since, or somebody's patience has ended
  const effects: ResidencyEffect[] = []
  return { state: kill(state, path, effects), effects }
}

function kill(state: ResidencyState, path: string, effects: ResidencyEffect[]): ResidencyState {
  const resident = state.residents.get(path)
  if (resident === undefined || resident.phase === 'stopping') return state
  effects.push({ type: 'kill', path })
  return put(state, path, { ...resident, phase: 'stopping' })
}

function put(state: ResidencyState, path: string, resident: Resident): ResidencyState {
  return { ...state, residents: new Map(state.residents).set(path, resident) }
}

function without(state: ResidencyState, path: string): ResidencyState {
  const residents = new Map(state.residents)
  residents.delete(path)
  return { ...state, residents }
}
