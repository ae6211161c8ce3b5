import type { Clock } from '../../sys/clock.ts'
import { abortable } from '../abortable.ts'
import type { Entry } from './library.ts'

export interface Wants {
  /** Absent: what the server gives by default. */
  readonly numCtx: number | undefined
  /** Absent: leave the runner's setting alone. */
  readonly keepAliveMs: number | undefined
}

/** A place in a runner. */
export interface Lease {
  readonly runner: Runner
  /** From asking to being given a loaded runner. */
  readonly loadMs: number
  /** Fires when the runner dies under it. */
  readonly died: AbortSignal
  release(): void
}

/** One loaded model with its slots. Requests beyond the slots wait in the order of their coming, without bound. */
export class Runner {
  readonly entry: Entry
  readonly numCtx: number
  /** Whether a request named the context; a later one that does not then means another size. */
  readonly isCtxAsked: boolean
  keepAliveMs: number
  /** Milliseconds since 1970; stays as it was while the runner is busy. */
  expiresMs: number
  readonly #clock: Clock
  readonly #slots: number
  readonly #onIdle: () => void
  readonly #death = new AbortController()
  readonly #waiting: (() => void)[] = []
  #active = 0

  constructor(
    entry: Entry,
    options: { numCtx: number; isCtxAsked: boolean; keepAliveMs: number; slots: number },
    clock: Clock,
    onIdle: () => void,
  ) {
    this.#clock = clock
    this.entry = entry
    this.numCtx = options.numCtx
    this.isCtxAsked = options.isCtxAsked
    this.keepAliveMs = options.keepAliveMs
    this.expiresMs = clock.wallMs() + options.keepAliveMs
    this.#slots = options.slots
    this.#onIdle = onIdle
  }

  get active(): number {
    return this.#active
  }

  get isIdle(): boolean {
    return this.#active === 0 && this.#waiting.length === 0
  }

  get isDead(): boolean {
    return this.#death.signal.aborted
  }

  /** As after `kill -9`: everything that it works on fails; it stays listed until it is asked for again. */
  die(): void {
    this.#death.abort()
  }

  /** Waits for a slot. Throws `Gone` when the client leaves first. */
  async enter(wants: Wants, askedMs: number, signal: AbortSignal): Promise<Lease> {
    if (wants.keepAliveMs !== undefined) this.keepAliveMs = wants.keepAliveMs
    const loadMs = this.#clock.nowMs() - askedMs
    if (this.#active >= this.#slots) await this.#turn(signal)
    else this.#active++
    let isHeld = true
    return {
      runner: this,
      loadMs,
      died: this.#death.signal,
      release: () => {
        if (isHeld) this.#leave()
        isHeld = false
      },
    }
  }

  /** Resolves with the slot already counted. */
  #turn(signal: AbortSignal): Promise<void> {
    return abortable(signal, (grant) => {
      this.#waiting.push(grant)
      return () => {
        const at = this.#waiting.indexOf(grant)
        if (at >= 0) this.#waiting.splice(at, 1)
        if (this.isIdle) this.#onIdle()
      }
    })
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next !== undefined) {
      next() // the slot passes on
      return
    }
    this.#active--
    if (this.isIdle) this.#onIdle()
  }
}
