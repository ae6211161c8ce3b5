import type { Clock } from '../sys/clock.ts'

/** Each bound with its reason. */
export const limits = {
  /** Longer than a restart of an engine, shorter than what anyone remembers. */
  windowMs: 10_000,
  /** Requests sent twice are this part of the load at most: engines that all fail under load must not get double of it. */
  share: 0.2,
  /** A quiet gateway may send so many again, or what one dying engine had in its hands where that is more. */
  perSecondMin: 10,
} as const

const bucketMs = 1_000
const buckets = limits.windowMs / bucketMs

/**
 * How often the gateway may send a request again that an engine may have worked on: a share of the requests of the last
 * seconds, not a number per request. Source: Finagle's `RetryBudget`, which has the same three figures.
 */
export class RetryBudget {
  readonly #clock: Clock
  readonly #requests = Array.from({ length: buckets }, () => 0)
  readonly #retries = Array.from({ length: buckets }, () => 0)
  #newest: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#newest = Math.floor(clock.nowMs() / bucketMs)
  }

  /** A request came. */
  began(): void {
    const at = this.#turn()
    this.#requests[at] = (this.#requests[at] ?? 0) + 1
  }

  /**
   * True when one may be sent again; it counts then. `slotsMax`: the most requests that an engine has in its hands at the
   * same time, all of which it breaks off when it dies.
   */
  take(slotsMax: number): boolean {
    const at = this.#turn()
    const always = Math.max((limits.perSecondMin * limits.windowMs) / 1_000, slotsMax)
    const allowed = always + limits.share * sum(this.#requests)
    if (sum(this.#retries) >= allowed) return false
    this.#retries[at] = (this.#retries[at] ?? 0) + 1
    return true
  }

  /** The bucket of this moment; those that are too old are emptied on the way. */
  #turn(): number {
    const now = Math.floor(this.#clock.nowMs() / bucketMs)
    for (let step = Math.max(this.#newest + 1, now - buckets + 1); step <= now; step++) {
      this.#requests[step % buckets] = 0
      this.#retries[step % buckets] = 0
    }
    this.#newest = now
    return now % buckets
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
