/**
 * Time as the rest of the program sees it. `nowMs` is monotonic and only good for differences and deadlines; `wallMs` is
 * what a person's watch shows and may jump.
 */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary moment. */
  nowMs(): number
  /** Milliseconds since 1970, UTC. */
  wallMs(): number
  /** Calls `action` once, `delayMs` from now. Returns a function that cancels it; cancelling twice is fine. */
  after(delayMs: number, action: () => void): () => void
}

/** The longest delay a timer of Node takes; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1

/** The machine's own time. Timers do not keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, Math.min(delayMs, longestTimerMs)).unref()
    return () => clearTimeout(timer)
  },
}

/** Time that moves only when told to; timers fire in order of their time, then of their making. */
export class ManualClock implements Clock {
  #nowMs = 0
  #made = 0
  readonly #timers = new Map<number, { atMs: number; action: () => void }>()

  nowMs(): number {
    return this.#nowMs
  }

  /** Wall time starts at 2026-01-01T00:00:00Z. */
  wallMs(): number {
    return 1_767_225_600_000 + this.#nowMs
  }

  after(delayMs: number, action: () => void): () => void {
    const id = this.#made++
    this.#timers.set(id, { atMs: this.#nowMs + Math.max(0, delayMs), action })
    return () => void this.#timers.delete(id)
  }

  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs
    for (let due = this.#earliest(untilMs); due !== undefined; due = this.#earliest(untilMs)) {
      const timer = this.#timers.get(due)
      this.#timers.delete(due)
      if (timer === undefined) continue
      this.#nowMs = timer.atMs
      timer.action()
    }
    this.#nowMs = untilMs
  }

  #earliest(untilMs: number): number | undefined {
    let found: { id: number; atMs: number } | undefined
    for (const [id, { atMs }] of this.#timers) {
      if (atMs <= untilMs && (found === undefined || atMs < found.atMs)) found = { id, atMs }
    }
    return found?.id
  }
}
