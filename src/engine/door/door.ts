/**
 * Who may enter an engine. At most `slots` requests are inside; the others wait, one queue for each key, and the keys
 * take turns. What finds no room is refused at once.
 *
 * The rule for loads: the first request for a model that is not in memory goes in and has it loaded; others for the same
 * model wait outside, without a slot, until the engine begins to answer or shows the model in its lists. Only one request
 * at a time is inside for a load, because Ollama loads one model after the other (server/sched.go); requests for models
 * in memory pass by those that wait for a load. When the client that began a load leaves, its request goes on as long as
 * somebody waits for the load: Ollama would drop the load with it.
 */
import type { Refusal } from '../../core/engine-entry.ts'
import type { Decision } from '../../core/loop.ts'
import {
  type DoorState,
  dequeue,
  doorOf,
  type EngineDoor,
  enqueue,
  type Inside,
  markReady,
  type Ticket,
  waitingAt,
  waitingInAll,
  withDoor,
} from './state.ts'

export type DoorEvent =
  /** `isLoaded`: the engine's lists show the model in memory. */
  | {
      readonly type: 'asked'
      readonly ticket: Ticket
      readonly isLoaded: boolean
      readonly mayWait: boolean
    }
  /** The client is gone, whether the request waits or is inside. */
  | { readonly type: 'client.left'; readonly engine: string; readonly id: number }
  | { readonly type: 'waited.too.long'; readonly engine: string; readonly id: number }
  /** The engine begins to answer; `isOk` when it is no error, so that the model is in memory. */
  | {
      readonly type: 'answering'
      readonly engine: string
      readonly id: number
      readonly isOk: boolean
    }
  /** The engine has nothing more to do with it. */
  | { readonly type: 'done'; readonly engine: string; readonly id: number }
  /** The engine cannot be used now: it may be another process when it comes back, with nothing in its memory. */
  | { readonly type: 'engine.out'; readonly engine: string }
  /** The lists were looked at for a model that loads. */
  | {
      readonly type: 'looked'
      readonly engine: string
      readonly model: string
      readonly isLoaded: boolean
    }

export type DoorEffect =
  | { readonly type: 'admit'; readonly ticket: Ticket }
  | { readonly type: 'refuse'; readonly id: number; readonly reason: Refusal }
  | {
      readonly type: 'startTimer'
      readonly engine: string
      readonly id: number
      readonly delayMs: number
    }
  /** Nobody needs what the request inside does any more. */
  | { readonly type: 'cutOff'; readonly id: number }
  /** Somebody waits for a load: look whether the lists show the model, in a while. */
  | { readonly type: 'look'; readonly engine: string; readonly model: string }

type DoorDecision = Decision<DoorState, DoorEffect>

export function step(state: DoorState, event: DoorEvent, nowMs: number): DoorDecision {
  if (event.type === 'asked') return asked(state, event, nowMs)
  const { engine } = event
  const door = doorOf(state, engine)
  const effects: DoorEffect[] = []
  const next = stepDoor(door, event, nowMs, effects)
  if (next === door) return { state, effects }
  return settle(withDoor(state, engine, next), engine, nowMs, effects)
}

function stepDoor(
  door: EngineDoor,
  event: Exclude<DoorEvent, { type: 'asked' }>,
  nowMs: number,
  effects: DoorEffect[],
): EngineDoor {
  switch (event.type) {
    case 'client.left':
      return left(door, event.id, effects)
    case 'waited.too.long': {
      const waiting = waitingAt(door).find(({ id }) => id === event.id)
      if (waiting === undefined) return door
      effects.push({ type: 'refuse', id: event.id, reason: 'late' })
      return dequeue(door, waiting, false)
    }
    case 'answering': {
      const inside = door.inside.get(event.id)
      if (inside?.model === undefined) return door
      if (event.isOk) return loaded(door, inside.model, nowMs)
      if (inside.isOrphan) effects.push({ type: 'cutOff', id: event.id })
      return door
    }
    case 'done': {
      const inside = new Map(door.inside)
      inside.delete(event.id)
      return { ...door, inside }
    }
    case 'engine.out':
      if (door.queues.size === 0 && door.readyUntilMs.size === 0) return door
      for (const { id } of waitingAt(door)) effects.push({ type: 'refuse', id, reason: 'gone' })
      return { ...door, queues: new Map(), readyUntilMs: new Map() }
    case 'looked': {
      const next = door.watched === event.model ? { ...door, watched: undefined } : door
      return event.isLoaded ? loaded(next, event.model, nowMs) : next
    }
  }
}

function asked(
  state: DoorState,
  { ticket, isLoaded, mayWait }: Extract<DoorEvent, { type: 'asked' }>,
  nowMs: number,
): DoorDecision {
  const { engine, model, id } = ticket
  const { waitingPerModelMax, waitingMax, waitMs } = state.bounds
  const door = doorOf(state, engine)
  const known = isLoaded && model !== undefined ? markReady(door, model, nowMs) : door
  const queued = withDoor(state, engine, enqueue(known, ticket))
  const decision = settle(queued, engine, nowMs, [])
  const waiting = waitingAt(doorOf(decision.state, engine))
  if (!waiting.some((other) => other.id === id)) return decision
  const forModel = waiting.filter((other) => other.model === model).length
  const isFull = forModel > waitingPerModelMax || waitingInAll(decision.state) > waitingMax
  if (isFull || !mayWait) {
    const refused = dequeue(doorOf(decision.state, engine), ticket, false)
    return {
      state: withDoor(decision.state, engine, refused),
      effects: [...decision.effects, { type: 'refuse', id, reason: 'full' }],
    }
  }
  const timer = { type: 'startTimer', engine, id, delayMs: waitMs } as const
  return { state: decision.state, effects: [...decision.effects, timer] }
}

function left(door: EngineDoor, id: number, effects: DoorEffect[]): EngineDoor {
  const waiting = waitingAt(door).find((ticket) => ticket.id === id)
  if (waiting !== undefined) return dequeue(door, waiting, false)
  const inside = door.inside.get(id)
  if (inside === undefined) return door
  if (inside.isLoading && isWantedByOthers(door, inside)) {
    return { ...door, inside: new Map(door.inside).set(id, { ...inside, isOrphan: true }) }
  }
  effects.push({ type: 'cutOff', id })
  return door
}

/** The model is in memory: nobody inside is loading it any more. */
function loaded(door: EngineDoor, model: string, nowMs: number): EngineDoor {
  if (loadingModel(door) !== model) return markReady(door, model, nowMs)
  const inside = [...door.inside].map(([id, request]): [number, Inside] => [
    id,
    request.model === model ? { ...request, isLoading: false } : request,
  ])
  return markReady({ ...door, inside: new Map(inside) }, model, nowMs)
}

/** Lets in whom the rules allow, and cuts off what only ran for somebody who is no longer there. */
function settle(
  state: DoorState,
  engine: string,
  nowMs: number,
  effects: DoorEffect[],
): DoorDecision {
  let door = doorOf(state, engine)
  while (door.inside.size < state.bounds.slots) {
    const next = nextOf(door, nowMs)
    if (next === undefined) break
    const isLoading = next.model !== undefined && !isReady(door, next.model, nowMs)
    const inside = new Map(door.inside).set(next.id, { ...next, isLoading, isOrphan: false })
    door = { ...dequeue(door, next, true), inside }
    effects.push({ type: 'admit', ticket: next })
  }
  for (const request of door.inside.values()) {
    if (request.isOrphan && !(request.isLoading && isWantedByOthers(door, request))) {
      effects.push({ type: 'cutOff', id: request.id })
    }
  }
  const model = loadingModel(door)
  if (model !== undefined && door.watched === undefined && isWaitedFor(door, model)) {
    effects.push({ type: 'look', engine, model })
    door = { ...door, watched: model }
  }
  return { state: withDoor(state, engine, door), effects }
}

/** Of the keys in their turn, the first request that need not wait for a load. */
function nextOf(door: EngineDoor, nowMs: number): Ticket | undefined {
  const mayLoad = loadingModel(door) === undefined
  for (const list of door.queues.values()) {
    const next = list.find(
      ({ model }) => mayLoad || model === undefined || isReady(door, model, nowMs),
    )
    if (next !== undefined) return next
  }
  return undefined
}

function isReady(door: EngineDoor, model: string, nowMs: number): boolean {
  if ((door.readyUntilMs.get(model) ?? 0) > nowMs) return true
  return [...door.inside.values()].some((other) => other.model === model && !other.isLoading)
}

function loadingModel(door: EngineDoor): string | undefined {
  for (const { isLoading, model } of door.inside.values()) if (isLoading) return model
  return undefined
}

function isWaitedFor(door: EngineDoor, model: string): boolean {
  return waitingAt(door).some((ticket) => ticket.model === model)
}

function isWantedByOthers(door: EngineDoor, { model }: Inside): boolean {
  return model !== undefined && isWaitedFor(door, model)
}
