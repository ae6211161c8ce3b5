/** One request at the door of an engine. */
export interface Ticket {
  readonly id: number
  readonly engine: string
  /** Canonical name; absent where the request names none, which no engine loads anything for. */
  readonly model: string | undefined
  /** Whose request it is: keys take turns. */
  readonly key: string
}

/** The one request inside for which the engine must load a model, as far as is known. */
export interface Load {
  readonly id: number
  readonly model: string
  /** Its client is gone; it goes on only because others wait for the load. */
  isOrphan: boolean
}

export interface EngineDoor {
  /** What the engine has in its hands. */
  readonly inside: Map<number, Ticket>
  load: Load | undefined
  /** Who waits, by key, each in the order of coming; the key whose turn it is comes first. Never an empty list. */
  readonly queues: Map<string, Ticket[]>
  /** Models that are in the engine's memory as far as is known, and until when that is believed. Monotonic. */
  readonly readyUntilMs: Map<string, number>
  /** The model that is being looked for in the engine's lists while it loads. */
  watched: string | undefined
}

/** Changed in place: every request passes here twice, and a copy of what is inside would cost it more than the decision. */
export interface DoorState {
  readonly engines: Map<string, EngineDoor>
  readonly bounds: DoorBounds
  /** Grows with every change of a queue, so that who shows the queues knows when to look again. */
  queueChanges: number
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

export function initialDoor(bounds: DoorBounds): DoorState {
  return { engines: new Map(), bounds, queueChanges: 0 }
}

/** Before an engine of which nothing is kept yet. */
export function openDoor(): EngineDoor {
  const [inside, queues, readyUntilMs] = [new Map(), new Map(), new Map()]
  return { inside, load: undefined, queues, readyUntilMs, watched: undefined }
}

/** Keeps the door, or forgets one that nobody uses and that knows nothing: its engine may have been removed. */
export function keepDoor(state: DoorState, engine: string, door: EngineDoor): void {
  const isBlank = door.inside.size + door.queues.size + door.readyUntilMs.size === 0
  if (isBlank && door.watched === undefined) state.engines.delete(engine)
  else if (!state.engines.has(engine)) state.engines.set(engine, door)
}

/** Everyone who waits at the engine. */
export function waitingAt(door: EngineDoor | undefined): readonly Ticket[] {
  return door === undefined || door.queues.size === 0 ? [] : [...door.queues.values()].flat()
}

export function waitingInAll({ engines }: DoorState): number {
  return [...engines.values()].reduce((sum, door) => sum + waitingAt(door).length, 0)
}

/** Puts the request behind all others of its key. */
export function enqueue(door: EngineDoor, ticket: Ticket): void {
  const list = door.queues.get(ticket.key)
  if (list === undefined) door.queues.set(ticket.key, [ticket])
  else list.push(ticket)
}

/** Takes the waiting request out; `hadTurn`: its key is last now. */
export function dequeue({ queues }: EngineDoor, { id, key }: Ticket, hadTurn: boolean): void {
  const rest = (queues.get(key) ?? []).filter((ticket) => ticket.id !== id)
  if (hadTurn || rest.length === 0) queues.delete(key)
  if (rest.length > 0) queues.set(key, rest)
}

/** The model is known to be in memory. What is no longer believed is forgotten on the way. */
export function markReady({ readyUntilMs }: EngineDoor, model: string, nowMs: number): void {
  if ((readyUntilMs.get(model) ?? 0) > nowMs + limits.readyMs / 2) return
  for (const [other, untilMs] of readyUntilMs) if (untilMs <= nowMs) readyUntilMs.delete(other)
  readyUntilMs.set(model, nowMs + limits.readyMs)
}
