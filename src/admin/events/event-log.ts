import type { Clock } from '../../sys/clock.ts'

/** Something that happened on this node. */
export interface NodeEvent {
  /** Where it stands: the start of the log it belongs to, and its number there. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** For example `engine.changed`. */
  readonly type: string
  readonly data: object
}

/** What somebody who comes back has missed. */
export interface Missed {
  readonly events: readonly NodeEvent[]
  /** True when some are not kept any more, or belong to an earlier start of the node. */
  readonly hasGap: boolean
}

/** So many events are kept: a node whose engines all crash in turn makes some ten a minute. */
export const eventsKept = 1_000

/** The newest events of this node; whoever lost the stream reads on from the last one seen. */
export class EventLog {
  readonly #clock: Clock
  readonly #start: string
  readonly #kept: NodeEvent[] = []
  readonly #listeners = new Set<(event: NodeEvent) => void>()
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#start = clock.wallMs().toString(36)
  }

  /** Keeps an event and tells everyone who listens; they must not throw. */
  add(type: string, data: object): void {
    this.#count++
    const id = `${this.#start}-${this.#count}`
    const event: NodeEvent = { id, atMs: this.#clock.wallMs(), type, data }
    this.#kept.push(event)
    if (this.#kept.length > eventsKept) this.#kept.shift()
    for (const listener of this.#listeners) listener(event)
  }

  /** Everything after the event with that id. */
  after(id: string): Missed {
    const [start, number] = id.split('-')
    const seen = Number(number)
    const first = this.#count - this.#kept.length
    if (start !== this.#start || !Number.isInteger(seen) || seen < 0 || seen > this.#count) {
      return { events: [...this.#kept], hasGap: true }
    }
    return { events: this.#kept.slice(Math.max(0, seen - first)), hasGap: seen < first }
  }

  /** Hears of every event from now on. Returns what ends it. */
  listen(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
