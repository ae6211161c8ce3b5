/**
 * Which models are loaded. Follows Ollama's server/sched.go: requests for a loaded model go straight to its runner, all
 * others pass one queue with a bound, which is worked off one by one and stands still during a load.
 */

import type { Clock } from '../../sys/clock.ts'
import { abortable, delay, Gone } from '../abortable.ts'
import { Failure, texts } from './failure.ts'
import type { Entry } from './library.ts'
import { type Lease, Runner, type Wants } from './runner.ts'

export interface SchedulerOptions {
  readonly slots: number
  readonly queueMax: number
  readonly loadedMax: number
  readonly keepAliveMs: number
  readonly numCtx: number
}

interface Pending {
  readonly entry: Entry
  readonly wants: Wants
  readonly askedMs: number
  readonly signal: AbortSignal
  readonly resolve: (lease: Lease) => void
  readonly reject: (error: unknown) => void
}

export class Scheduler {
  loads = 0
  unloads = 0
  readonly #options: SchedulerOptions
  readonly #clock: Clock
  /** By weights: names that share them share the runner. */
  readonly #runners = new Map<string, Runner>()
  readonly #timers = new Map<Runner, () => void>()
  readonly #pending: Pending[] = []
  #isWorking = false
  #wakeUp: (() => void) | undefined

  constructor(options: SchedulerOptions, clock: Clock) {
    this.#clock = clock
    this.#options = options
  }

  /** Loaded runners, the one that stays longest first. One that loads is not among them. */
  list(): Runner[] {
    return [...this.#runners.values()].sort((a, b) => b.expiresMs - a.expiresMs)
  }

  /** Requests in the hands of runners. */
  get generating(): number {
    return this.list().reduce((sum, runner) => sum + runner.active, 0)
  }

  /** A place in a runner that fits; loads the model if need be. Throws a 503 when too many wait for loads. */
  async acquire(entry: Entry, wants: Wants, signal: AbortSignal): Promise<Lease> {
    const askedMs = this.#clock.nowMs()
    const loaded = this.#fitting(entry, wants)
    if (loaded !== undefined) return await this.#enter(loaded, wants, askedMs, signal)
    if (this.#isWorking && this.#pending.length >= this.#options.queueMax) {
      throw new Failure(503, texts.busy)
    }
    return await new Promise<Lease>((resolve, reject) => {
      this.#pending.push({ entry, wants, askedMs, signal, resolve, reject })
      signal.addEventListener('abort', () => reject(new Gone()), { once: true })
      void this.#work()
    })
  }

  /** Lets a loaded model go as soon as it is idle. */
  expire(entry: Entry): void {
    const runner = this.#runners.get(entry.weights)
    if (runner === undefined) return
    runner.keepAliveMs = 0
    if (runner.isIdle) this.#unload(runner)
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel()
  }

  #fitting(entry: Entry, wants: Wants): Runner | undefined {
    const runner = this.#runners.get(entry.weights)
    if (runner === undefined || runner.isDead) return undefined
    const isSame =
      wants.numCtx === undefined ? !runner.isCtxAsked : this.#capped(entry, wants) === runner.numCtx
    return isSame ? runner : undefined
  }

  #capped(entry: Entry, wants: Wants): number {
    const numCtx = wants.numCtx ?? this.#options.numCtx
    return Math.min(numCtx, entry.model.contextLength ?? 8192)
  }

  #enter(runner: Runner, wants: Wants, askedMs: number, signal: AbortSignal): Promise<Lease> {
    this.#timers.get(runner)?.()
    return runner.enter(wants, askedMs, signal)
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return
    this.#isWorking = true
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      if (next.signal.aborted) continue
      try {
        const runner = this.#fitting(next.entry, next.wants) ?? (await this.#load(next))
        void this.#grant(next, runner) // waiting for a slot must not hold up the queue
      } catch (error) {
        next.reject(error)
      }
    }
    this.#isWorking = false
  }

  async #grant(pending: Pending, runner: Runner): Promise<void> {
    const { wants, askedMs, signal, resolve, reject } = pending
    try {
      const lease = await this.#enter(runner, wants, askedMs, signal)
      if (signal.aborted)
        lease.release() // it left just now, and nobody else would
      else resolve(lease)
    } catch (error) {
      reject(error)
    }
  }

  async #load({ entry, wants, signal }: Pending): Promise<Runner> {
    const { loadedMax, keepAliveMs, slots } = this.#options
    const older = this.#runners.get(entry.weights)
    if (older !== undefined) await this.#unloadWhenIdle(() => older, signal)
    if (this.#runners.size >= loadedMax) await this.#unloadWhenIdle(() => this.#victim(), signal)
    await delay(this.#clock, entry.model.loadMs ?? 0, signal) // a client that leaves takes the load with it
    if (entry.model.isBroken === true) {
      throw new Failure(500, `unable to load model: /models/blobs/sha256-${entry.weights}`)
    }
    const runner = new Runner(
      entry,
      {
        numCtx: this.#capped(entry, wants),
        isCtxAsked: wants.numCtx !== undefined,
        keepAliveMs: wants.keepAliveMs ?? keepAliveMs,
        slots,
      },
      this.#clock,
      () => this.#onIdle(runner),
    )
    this.#runners.set(entry.weights, runner)
    this.loads++
    return runner
  }

  /** The idle runner with the shortest stay, if any is idle. */
  #victim(): Runner | undefined {
    const idle = this.list().filter((runner) => runner.isIdle)
    return idle.sort((a, b) => a.keepAliveMs - b.keepAliveMs)[0]
  }

  async #unloadWhenIdle(choose: () => Runner | undefined, signal: AbortSignal): Promise<void> {
    for (;;) {
      const runner = choose()
      if (runner !== undefined && !this.list().includes(runner)) return
      if (runner !== undefined && (runner.isIdle || runner.isDead)) {
        this.#unload(runner)
        return
      }
      await abortable(signal, (resolve) => {
        this.#wakeUp = resolve
        return () => {
          this.#wakeUp = undefined
        }
      })
    }
  }

  #onIdle(runner: Runner): void {
    runner.expiresMs = this.#clock.wallMs() + runner.keepAliveMs
    this.#timers.get(runner)?.()
    if (runner.keepAliveMs === 0) this.#unload(runner)
    else {
      const end = () => void (runner.isIdle && this.#unload(runner))
      this.#timers.set(runner, this.#clock.after(runner.keepAliveMs, end))
    }
    this.#wakeUp?.()
  }

  #unload(runner: Runner): void {
    this.#timers.get(runner)?.()
    this.#timers.delete(runner)
    if (this.#runners.get(runner.entry.weights) !== runner) return
    this.#runners.delete(runner.entry.weights)
    this.unloads++
    this.#wakeUp?.()
  }
}
