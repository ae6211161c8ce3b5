import type { EngineView } from '../../core/engine.ts'
import { type Loop, startLoop } from '../../core/loop.ts'
import type { Clock } from '../../sys/clock.ts'
import type { ProbeEngine } from './http-probe.ts'
import { type EngineReport, makeStep, type RosterEffect, type RosterEvent } from './machine.ts'
import { type Fault, type Member, type RosterState, viewOf } from './member.ts'

/** The engines of this node. */
export interface Roster {
  list(): readonly EngineView[]
  /**
   * Resolves true as soon as one engine is `running`, false when `timeoutMs` is over, the signal fires, or at `stop`.
   * Engines that are not well are asked at once, so that one that came back is not waited for.
   */
  untilUsable(timeoutMs: number, signal: AbortSignal): Promise<boolean>
  /**
   * Asks every running engine for its lists, unless it was asked within the last `maxAgeMs`. Callers at the same time
   * share one question. After 300 ms, or when an engine does not tell, the last known lists stand.
   */
  refresh(maxAgeMs: number): Promise<void>
  /** Counts a request as active until the returned function is called with what became of it; once counts. */
  begin(engineId: string): (outcome: 'answered' | Fault) => void
  /**
   * Resolves true when no request is active at the engine, false when `timeoutMs` is over or the signal fires before. `onActive`
   * hears how many are active, at once and at each change.
   */
  untilIdle(engineId: string, timeoutMs: number, watch?: IdleWatch): Promise<boolean>
  /**
   * Calls `listener` after whatever may have changed something of `list`, with true where that can be nothing but how many
   * requests are active; returns what ends it.
   */
  onUpdate(listener: (isLoadOnly: boolean) => void): () => void
  /** Tells of an engine; of one that was never added nothing is kept. */
  report(report: EngineReport): void
  /** Ends probing. Engines are left as they are; what is told afterwards is ignored. */
  stop(): void
}

interface IdleWatch {
  readonly signal?: AbortSignal | undefined
  readonly onActive?: ((count: number) => void) | undefined
}

/** The longest that `refresh` keeps its caller: a list request is not worth more than that. */
const refreshMsMax = 300

/** Somebody who waits until `isOver` says true; it is asked after each event. */
interface Waiter {
  readonly isOver: () => boolean
  readonly release: (isOver: boolean) => void
}

interface RosterOptions {
  readonly clock: Clock
  readonly probe: ProbeEngine
  /** Between two probes of an engine that is well. */
  readonly intervalMs: number
  /** Hears of every engine that is added or comes into another state; it must not throw. */
  readonly onChange: (engine: EngineView) => void
  /** Is asked to have a process that hangs replaced; it must not throw. */
  readonly onHung: (engineId: string, reason: string) => void
}

/** Owns what is known of this node's engines. */
export function startRoster(options: RosterOptions): Roster {
  return new RosterService(options)
}

class RosterService implements Roster {
  readonly #options: RosterOptions
  readonly #loop: Loop<RosterState, RosterEvent>
  readonly #waiters = new Set<Waiter>()
  readonly #listeners = new Set<(isLoadOnly: boolean) => void>()
  readonly #stopped = new AbortController()
  /** One mark for each engine that was added: what was asked of one is not told of the next with its name. */
  readonly #marks = new Map<string, object>()
  #listed: { readonly of: RosterState; readonly views: readonly EngineView[] } | undefined

  constructor(options: RosterOptions) {
    this.#options = options
    this.#loop = startLoop({
      initial: new Map(),
      step: makeStep(options.intervalMs),
      nowMs: () => options.clock.wallMs(),
      perform: (effect) => this.#perform(effect),
    })
  }

  list(): readonly EngineView[] {
    const of = this.#loop.state
    if (this.#listed?.of !== of) this.#listed = { of, views: [...of.values()].map(viewOf) }
    return this.#listed.views
  }

  async untilUsable(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const isUsable = () => this.#running().length > 0
    if (!isUsable()) {
      for (const id of this.#loop.state.keys()) this.#tell({ type: 'probe.wanted', engine: id })
    }
    return await this.#wait(isUsable, timeoutMs, signal)
  }

  async refresh(maxAgeMs: number): Promise<void> {
    const sinceMs = this.#options.clock.nowMs() - maxAgeMs
    const isFresh = () => {
      const stale = this.#running().filter(({ probedMs }) => probedMs < sinceMs)
      for (const { id, probe } of stale) {
        if (probe === undefined) this.#loop.send({ type: 'probe.wanted', engine: id })
      }
      return stale.length === 0
    }
    await this.#wait(isFresh, refreshMsMax)
  }

  begin(engineId: string): (outcome: 'answered' | Fault) => void {
    let isCounted = true
    const tell = this.#teller(engineId)
    this.#tell({ type: 'request.begun', engine: engineId })
    return (outcome) => {
      if (!isCounted) return
      isCounted = false
      tell(
        outcome === 'answered'
          ? { type: 'request.succeeded', engine: engineId }
          : { type: 'request.failed', engine: engineId, fault: outcome },
      )
    }
  }

  async untilIdle(
    engineId: string,
    timeoutMs: number,
    { signal, onActive }: IdleWatch = {},
  ): Promise<boolean> {
    let told: number | undefined
    const isIdle = () => {
      const count = this.#loop.state.get(engineId)?.activeRequests ?? 0
      if (count !== told) onActive?.(count)
      told = count
      return count === 0
    }
    return await this.#wait(isIdle, timeoutMs, signal)
  }

  onUpdate(listener: (isLoadOnly: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  report(report: EngineReport): void {
    const { engine } = report
    if (report.type === 'engine.added' && !this.#marks.has(engine)) this.#marks.set(engine, {})
    if (report.type === 'engine.removed') this.#marks.delete(engine)
    this.#tell(report)
  }

  stop(): void {
    this.#stopped.abort()
    for (const waiter of this.#waiters) waiter.release(false)
  }

  #tell(event: RosterEvent): void {
    if (this.#stopped.signal.aborted) return
    this.#loop.send(event)
    for (const waiter of this.#waiters) if (waiter.isOver()) waiter.release(true)
    const isLoadOnly = event.type === 'request.begun' || event.type === 'request.succeeded'
    for (const listener of this.#listeners) listener(isLoadOnly)
  }

  /** Tells what is heard later of an engine, unless it was removed meanwhile. */
  #teller(engine: string): (event: RosterEvent) => void {
    const mark = this.#marks.get(engine)
    return (event) => {
      if (this.#marks.get(engine) === mark) this.#tell(event)
    }
  }

  #perform(effect: RosterEffect): void {
    const { engine } = effect
    switch (effect.type) {
      case 'announce': {
        const member = this.#loop.state.get(engine)
        if (member !== undefined) this.#options.onChange(viewOf(member))
        break
      }
      case 'startTimer': {
        const { timer } = effect
        const tell = this.#teller(engine)
        const fire = () => tell({ type: 'timer.fired', engine, timer })
        this.#options.clock.after(effect.delayMs, fire)
        break
      }
      case 'replace':
        this.#options.onHung(engine, effect.reason)
        break
      case 'probe':
        void this.#probe(effect)
    }
  }

  async #probe({ engine, probe, url }: Extract<RosterEffect, { type: 'probe' }>): Promise<void> {
    const { clock } = this.#options
    const tell = this.#teller(engine)
    const sentMs = clock.nowMs()
    const result = await this.#options.probe(url, this.#stopped.signal)
    const facts = { engine, probe, sentMs, durationMs: clock.nowMs() - sentMs }
    tell(
      result.ok
        ? { type: 'probe.answered', ...facts, answer: result.answer }
        : { type: 'probe.failed', ...facts, reason: result.reason },
    )
  }

  #running(): readonly Member[] {
    return [...this.#loop.state.values()].filter(({ state }) => state === 'running')
  }

  /** Resolves true when `isOver` says so, false after `timeoutMs`, when the signal fires, or at `stop`. */
  async #wait(isOver: () => boolean, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true || this.#stopped.signal.aborted) return false
    if (isOver()) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const giveUp = () => resolve(false)
    const waiter: Waiter = { isOver, release: resolve }
    const cancelTimer = this.#options.clock.after(timeoutMs, giveUp)
    signal?.addEventListener('abort', giveUp)
    this.#waiters.add(waiter)
    try {
      return await promise
    } finally {
      this.#waiters.delete(waiter)
      cancelTimer()
      signal?.removeEventListener('abort', giveUp)
    }
  }
}
