import type { EngineView } from '../../core/engine.ts'
import { systemClock } from '../../sys/clock.ts'
import { createHttpProbe, type HttpProbe } from './http-probe.ts'
import { type Roster, startRoster } from './service.ts'

/** What a monitor is made with. */
export interface HealthMonitorOptions {
  /** Milliseconds between two probes of an engine that is well; 30,000 when absent. */
  readonly healthCheckIntervalMs?: number
}

/** Milliseconds; what the integration guide says. */
const intervalMsDefault = 30_000

/**
 * Watches engines: asks each at an interval whether it answers and what it has, takes it for unhealthy after three failures
 * in a row, and for well again when it answers. Each change of a state is told once.
 */
export class OllamaHealthMonitor {
  /** What is known of the engines, in the form that a gateway routes by. */
  readonly roster: Roster
  readonly #probe: HttpProbe
  readonly #listeners = new Set<(engine: EngineView) => void>()
  readonly #hangListeners = new Set<(engine: string, reason: string) => void>()

  constructor({ healthCheckIntervalMs = intervalMsDefault }: HealthMonitorOptions = {}) {
    this.#probe = createHttpProbe(systemClock)
    this.roster = startRoster({
      clock: systemClock,
      probe: this.#probe.probe,
      intervalMs: healthCheckIntervalMs,
      onChange: (engine) => this.#listeners.forEach((tell) => tell(engine)),
      onHung: (engine, reason) => this.#hangListeners.forEach((tell) => tell(engine, reason)),
    })
  }

  /** Watches the engine at an address; nothing when there is one with that name. */
  watch(name: string, url: string): void {
    this.roster.report({ type: 'engine.added', engine: name, kind: 'remote', url })
  }

  /** Ends watching an engine. */
  unwatch(name: string): void {
    this.roster.report({ type: 'engine.removed', engine: name })
  }

  /** How every engine stands now. */
  list(): readonly EngineView[] {
    return this.roster.list()
  }

  /** Has `listener` hear of every engine that is added or comes into another state. Returns what ends that. */
  onEvent(listener: (engine: EngineView) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Has `listener` hear of an engine whose process lives and has not answered for so long that only a new one helps. */
  onHung(listener: (engine: string, reason: string) => void): void {
    this.#hangListeners.add(listener)
  }

  /** Resolves with its origin once an Ollama answers there; undefined when the signal fired before. */
  async untilAnswers(url: string, signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const { ok } = await this.#probe.probe(url, signal)
      if (ok) return url
      await new Promise<void>((resolve) => void systemClock.after(startPauseMs, resolve))
    }
    return undefined
  }

  /** Ends watching; engines are left as they are. */
  async stop(): Promise<void> {
    this.roster.stop()
    await this.#probe.close()
  }
}

/** Between two looks whether a new process answers; an Ollama takes some 100 ms to come up. */
const startPauseMs = 50
