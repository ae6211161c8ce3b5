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
  type EngineDoor,
  enqueue,
  keepDoor,
  markReady,
  openDoor,
  type Ticket,
  waitingAt,
  waitingInAll,
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

/** One event at the door of its engine. */
interface Turn {
  readonly state: DoorState
  readonly engine: string
  readonly door: EngineDoor
  readonly nowMs: number
  readonly effects: DoorEffect[]
}

/** Decides one event. The state is changed in place and handed back. */
export function step(state: DoorState, event: DoorEvent, nowMs: number): DoorDecision {
  const engine = event.type === 'asked' ? event.ticket.engine : event.engine
  const door = state.engines.get(engine) ?? openDoor()
  const turn: Turn = { state, engine, door, nowMs, effects: [] }
  if (event.type === 'asked') asked(turn, event)
  else stepDoor(turn, event)
  keepDoor(state, engine, door)
  return { state, effects: turn.effects }
}

function stepDoor(turn: Turn, event: Exclude<DoorEvent, { type: 'asked' }>): void {
  const { door, effects } = turn
  switch (event.type) {
    case 'client.left':
      return left(turn, event.id)
    case 'waited.too.long': {
      const waiting = waitingAt(door).find(({ id }) => id === event.id)
      if (waiting === undefined) return
      effects.push({ type: 'refuse', id: event.id, reason: 'late' })
      takeOut(turn, waiting, false)
      return settle(turn)
    }
    case 'answering': {
      const model = door.inside.get(event.id)?.model
      if (model === undefined) return
      if (event.isOk) return loaded(turn, model)
      const isOrphan = door.load?.id === event.id && door.load.isOrphan
      if (isOrphan) effects.push({ type: 'cutOff', id: event.id })
      return
    }
    case 'done':
      door.inside.delete(event.id)
      if (door.load?.id === event.id) door.load = undefined
      return settle(turn)
    case 'engine.out':
      for (const { id } of waitingAt(door)) effects.push({ type: 'refuse', id, reason: 'gone' })
      door.queues.clear()
      door.readyUntilMs.clear()
      turn.state.queueChanges++
      return
    case 'looked':
      if (door.watched === event.model) door.watched = undefined
      if (event.isLoaded) loaded(turn, event.model)
      else settle(turn)
  }
}

function asked(
  turn: Turn,
  { ticket, isLoaded, mayWait }: Extract<DoorEvent, { type: 'asked' }>,
): void {
  const { state, engine, door, nowMs, effects } = turn
  const { id, model } = ticket
  const { slots, waitingPerModelMax, waitingMax, waitMs } = state.bounds
  if (isLoaded && model !== undefined) markReady(door, model, nowMs)
  const isFirst = door.queues.size === 0
  if (isFirst && door.inside.size < slots && mayGoIn(door, ticket, nowMs))
    return admit(turn, ticket)
  enqueue(door, ticket)
  state.queueChanges++
  settle(turn)
  const waiting = waitingAt(door)
  if (!waiting.includes(ticket)) return
  keepDoor(state, engine, door) // it counts among those that have somebody waiting
  const forModel = waiting.filter((other) => other.model === model).length
  const isFull = forModel > waitingPerModelMax || waitingInAll(state) > waitingMax
  if (isFull || !mayWait) {
    takeOut(turn, ticket, false)
    effects.push({ type: 'refuse', id, reason: 'full' })
  } else effects.push({ type: 'startTimer', engine, id, delayMs: waitMs })
}

function left(turn: Turn, id: number): void {
  const { door, effects } = turn
  const { load } = door
  const waiting = waitingAt(door).find((ticket) => ticket.id === id)
  if (waiting !== undefined) {
    takeOut(turn, waiting, false)
    settle(turn)
  } else if (load?.id === id && isWaitedFor(door, load.model)) load.isOrphan = true
  else if (door.inside.has(id)) effects.push({ type: 'cutOff', id })
}

/** The model is in memory: nobody inside is loading it any more. */
function loaded(turn: Turn, model: string): void {
  const { door, nowMs, effects } = turn
  const { load } = door
  markReady(door, model, nowMs)
  if (load?.model === model) door.load = undefined
  settle(turn)
  if (load?.model === model && load.isOrphan) effects.push({ type: 'cutOff', id: load.id })
}

/** Lets in whom the rules allow, and cuts off what only ran for somebody who is no longer there. */
function settle(turn: Turn): void {
  const { state, engine, door, nowMs, effects } = turn
  if (door.queues.size > 0) {
    while (door.inside.size < state.bounds.slots) {
      const next = nextOf(door, nowMs)
      if (next === undefined) break
      takeOut(turn, next, true)
      admit(turn, next)
    }
  }
  const { load } = door
  if (load === undefined) return
  const isWanted = isWaitedFor(door, load.model)
  if (load.isOrphan && !isWanted) effects.push({ type: 'cutOff', id: load.id })
  if (isWanted && door.watched === undefined) {
    effects.push({ type: 'look', engine, model: load.model })
    door.watched = load.model
  }
}

function admit({ door, nowMs, effects }: Turn, ticket: Ticket): void {
  const { id, model } = ticket
  const isLoading = model !== undefined && !isReady(door, model, nowMs)
  if (isLoading) door.load = { id, model, isOrphan: false }
  door.inside.set(id, ticket)
  effects.push({ type: 'admit', ticket })
}

function takeOut({ state, door }: Turn, ticket: Ticket, hadTurn: boolean): void {
  dequeue(door, ticket, hadTurn)
  state.queueChanges++
}

/** Of the keys in their turn, the first request that need not wait for a load. */
function nextOf(door: EngineDoor, nowMs: number): Ticket | undefined {
  for (const list of door.queues.values()) {
    const next = list.find((ticket) => mayGoIn(door, ticket, nowMs))
    if (next !== undefined) return next
  }
  return undefined
}

/** True for one that need not wait for a load. */
function mayGoIn(door: EngineDoor, { model }: Ticket, nowMs: number): boolean {
  return door.load === undefined || model === undefined || isReady(door, model, nowMs)
}

function isReady(door: EngineDoor, model: string, nowMs: number): boolean {
  if ((door.readyUntilMs.get(model) ?? 0) > nowMs) return true
  for (const other of door.inside.values()) {
    if (other.model === model && other.id !== door.load?.id) return true
  }
  return false
}

function isWaitedFor(door: EngineDoor, model: string): boolean {
  return waitingAt(door).some((ticket) => ticket.model === model)
}
