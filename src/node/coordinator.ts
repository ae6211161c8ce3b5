import type { ComponentStatus } from '../admin/index.ts'
import type { Clock } from '../sys/clock.ts'

/** How a part of the node is started and stopped. */
interface Part<Value> {
  readonly name: string
  readonly start: () => Promise<Value>
  /**
   * Ends what `start` began. Work that runs may finish within `drainMs`. It is called again when that time became shorter,
   * and then ends sooner.
   */
  readonly stop: (value: Value, drainMs: number) => Promise<void>
}

interface Started {
  readonly name: string
  readonly stop: (drainMs: number) => Promise<void>
}

/**
 * Starts the parts of a node one after the other and stops them in the reverse order. A part that fails to start takes those
 * before it down again. One that fails to stop does not keep the others from it.
 */
export class Coordinator {
  readonly #clock: Clock
  readonly #statuses = new Map<string, ComponentStatus>()
  readonly #started: Started[] = []
  #drainMs = Number.POSITIVE_INFINITY
  #ending: Started | undefined
  #stopped: Promise<void> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Every part so far, in the order of their start; also those that have stopped or failed. */
  get statuses(): readonly ComponentStatus[] {
    return [...this.#statuses.values()]
  }

  /** Starts a part and gives what it made. When it throws, what was started before is stopped, and the error is thrown on. */
  async start<Value>(part: Part<Value>): Promise<Value> {
    const { name } = part
    this.#put(name, 'starting', 'on its way')
    try {
      const value = await part.start()
      this.#started.push({ name, stop: (drainMs) => part.stop(value, drainMs) })
      this.#put(name, 'running', 'started')
      return value
    } catch (error) {
      this.#fail(name, error, 'it could not be started')
      await this.stop(0)
      throw error
    }
  }

  /**
   * Stops all parts, the last one first. Resolves when every one has ended. Calling it again gives the same promise, cut
   * short if the new time is shorter. Never rejects: what went wrong is in `statuses`.
   */
  stop(drainMs: number): Promise<void> {
    if (drainMs < this.#drainMs) {
      this.#drainMs = drainMs
      const { name, stop } = this.#ending ?? {}
      if (name !== undefined) stop?.(drainMs).catch((error: unknown) => this.#failStop(name, error))
    }
    this.#stopped ??= this.#stopAll()
    return this.#stopped
  }

  async #stopAll(): Promise<void> {
    for (const part of this.#started.toReversed()) {
      this.#ending = part
      this.#put(part.name, 'stopping', 'the node stops')
      try {
        await part.stop(this.#drainMs)
        this.#put(part.name, 'stopped', 'the node stops')
      } catch (error) {
        this.#failStop(part.name, error)
      }
    }
    this.#ending = undefined
  }

  #failStop(name: string, error: unknown): void {
    this.#fail(name, error, 'it could not be stopped')
  }

  #fail(name: string, error: unknown, reason: string): void {
    this.#put(name, 'failed', reason, error instanceof Error ? error.message : String(error))
  }

  #put(name: string, state: ComponentStatus['state'], reason: string, error?: string): void {
    const lastError = error ?? this.#statuses.get(name)?.lastError
    this.#statuses.set(name, {
      name,
      state,
      sinceMs: this.#clock.wallMs(),
      reason,
      ...(lastError === undefined ? {} : { lastError }),
    })
  }
}
