/** One request at the door of an engine. */
export interface Ticket {
  readonly id: number
  readonly engine: string
  /** Canonical name; absent where the request names none, which no engine loads anything for. */
  readonly model: string | undefined
  /** Whose request it is: keys take turns. */
  readonly key: string
}

/** A request that the engine has in its hands. */
export interface Inside extends Ticket {
  /** The engine must load the model for it, as far as is known. */
  readonly isLoading: boolean
  /** Its client is gone; it goes on only because others wait for its load. */
  readonly isOrphan: boolean
}

export interface EngineDoor {
  readonly inside: ReadonlyMap<number, Inside>
  /** Who waits, by key, each in the order of coming; the key whose turn it is comes first. Never an empty list. */
  readonly queues: ReadonlyMap<string, readonly Ticket[]>
  /** Models that are in the engine's memory as far as is known, and until when that is believed. Monotonic. */
  readonly readyUntilMs: ReadonlyMap<string, number>
  /** The model that is being looked for in the engine's lists while it loads. */
  readonly watched: string | undefined
}

export interface DoorState {
  readonly engines: ReadonlyMap<string, EngineDoor>
  readonly bounds: DoorBounds
}

export interface DoorBounds {
  /** Requests that an engine has in its hands at the same time. */
  readonly slots: number
  /** Requests that wait for one model at one engine. */
  readonly waitingPerModelMax: number
  /** Requests that wait in all. */
  readonly waitingMax: number
  readonly waitMs: number
}

/** Each bound with its reason; `slots` is the owner's to say. */
export const doorBounds: Omit<DoorBounds, 'slots'> = {
  /** As Ollama's own OLLAMA_MAX_QUEUE. */
  waitingPerModelMax: 512,
  /** A body of 64 KiB each is 64 MiB; more would not be served within `waitMs` either. */
  waitingMax: 1_024,
  /** Longer than most clients have patience; then another answer is better than none. */
  waitMs: 120_000,
}

export const limits = {
  /** A model is believed to be in memory for so long after it was seen there; a wrong belief costs slots, not answers. */
  readyMs: 60_000,
} as const

const closed: EngineDoor = {
  inside: new Map(),
  queues: new Map(),
  readyUntilMs: new Map(),
  watched: undefined,
}

export function initialDoor(bounds: DoorBounds): DoorState {
  return { engines: new Map(), bounds }
}

export function doorOf(state: DoorState, engine: string): EngineDoor {
  return state.engines.get(engine) ?? closed
}

/** A door that nobody uses and that knows nothing is not kept: its engine may have been removed. */
export function withDoor(state: DoorState, engine: string, door: EngineDoor): DoorState {
  const engines = new Map(state.engines)
  const isBlank = door.inside.size + door.queues.size + door.readyUntilMs.size === 0
  if (isBlank && door.watched === undefined) engines.delete(engine)
  else engines.set(engine, door)
  return { ...state, engines }
}

/** Everyone who waits at the engine. */
export function waitingAt({ queues }: EngineDoor): readonly Ticket[] {
  return queues.size === 0 ? [] : [...queues.values()].flat()
}

export function waitingInAll({ engines }: DoorState): number {
  return [...engines.values()].reduce((sum, door) => sum + waitingAt(door).length, 0)
}

/** The door with the request behind all others of its key. */
export function enqueue(door: EngineDoor, ticket: Ticket): EngineDoor {
  const list = [...(door.queues.get(ticket.key) ?? []), ticket]
  return { ...door, queues: new Map(door.queues).set(ticket.key, list) }
}

/** The door without the waiting request; `hadTurn`: its key is last now. */
export function dequeue(door: EngineDoor, { id, key }: Ticket, hadTurn: boolean): EngineDoor {
  const queues = new Map(door.queues)
  const rest = (queues.get(key) ?? []).filter((ticket) => ticket.id !== id)
  if (hadTurn || rest.length === 0) queues.delete(key)
  if (rest.length > 0) queues.set(key, rest)
  return { ...door, queues }
}

/** The door with the model known to be in memory. What is no longer believed is forgotten on the way. */
export function markReady(door: EngineDoor, model: string, nowMs: number): EngineDoor {
  if ((door.readyUntilMs.get(model) ?? 0) > nowMs + limits.readyMs / 2) return door
  const believed = [...door.readyUntilMs].filter(([, untilMs]) => untilMs > nowMs)
  return { ...door, readyUntilMs: new Map(believed).set(model, nowMs + limits.readyMs) }
}
