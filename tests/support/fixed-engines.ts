import type { EngineView } from '../../src/core/engine.ts'
import type { Admission, Entry, RelayOutcome } from '../../src/core/engine-entry.ts'
import { type Door, type DoorBounds, doorBounds, startDoor } from '../../src/engine/door/index.ts'
import type { Engines } from '../../src/gateway/index.ts'
import { systemClock } from '../../src/sys/clock.ts'

/** What a test says about an engine; the rest is that of an Ollama found running. */
export type EngineFacts = Partial<EngineView> & { readonly id: string; readonly url: string }

/**
 * The roster of engines as a plain list that a test sets: nothing is probed or started. As the real one it counts active
 * requests, takes an engine that refused a connection out of use, and wakes who waits for one. Before it stands the real
 * door, with room for everybody unless a test says otherwise.
 */
export class FixedEngines implements Engines {
  /** What became of every request, in order. */
  readonly outcomes: { readonly engine: string; readonly outcome: RelayOutcome }[] = []
  /** Ages that were asked for, in order. */
  readonly refreshes: number[] = []
  #views: EngineView[]
  readonly #waiting = new Set<() => void>()
  readonly door: Door

  constructor(engines: readonly EngineFacts[], bounds: Partial<DoorBounds> = {}) {
    this.door = startDoor({
      engines: {
        list: () => this.#views,
        untilUsable: (timeoutMs, signal) => this.untilUsable(timeoutMs, signal),
        refresh: (maxAgeMs) => this.refresh(maxAgeMs),
        begin: (id) => this.begin(id),
      },
      bounds: { ...doorBounds, slots: 10_000, ...bounds },
      clock: systemClock,
    })
    this.#views = engines.map((facts) => ({
      kind: 'adopted',
      managed: false,
      state: 'running',
      sinceMs: 1_767_225_600_000,
      reason: 'answers',
      version: '0.24.0',
      models: [],
      loaded: [],
      activeRequests: 0,
      ...facts,
    }))
  }

  list(): readonly EngineView[] {
    return this.door.list()
  }

  listings(): readonly EngineView[] {
    return this.list()
  }

  linkTo(): never {
    throw new Error('there are no other nodes')
  }

  enter(engineId: string, entry: Entry): Promise<Admission> {
    return this.door.enter(engineId, entry)
  }

  /** Takes an engine off the list. */
  remove(id: string): void {
    this.#views = this.#views.filter((view) => view.id !== id)
    this.door.engineChanged()
  }

  /** Changes an engine; whoever waits looks again. */
  set(id: string, change: Partial<EngineView>): void {
    this.#views = this.#views.map((view) => (view.id === id ? { ...view, ...change } : view))
    for (const wake of this.#waiting) wake()
    this.door.engineChanged()
  }

  untilUsable(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (isUsable: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        signal.removeEventListener('abort', late)
        resolve(isUsable)
      }
      const look = () => {
        if (this.#views.some(({ state }) => state === 'running')) finish(true)
      }
      const late = () => finish(false)
      const timer = setTimeout(late, timeoutMs)
      this.#waiting.add(look)
      signal.addEventListener('abort', late)
      look()
    })
  }

  async refresh(maxAgeMs: number): Promise<void> {
    this.refreshes.push(maxAgeMs)
  }

  begin(engineId: string): (outcome: RelayOutcome) => void {
    this.#addActive(engineId, 1)
    return (outcome) => {
      this.outcomes.push({ engine: engineId, outcome })
      this.#addActive(engineId, -1)
      if (outcome !== 'unreachable') return
      this.set(engineId, { state: 'unhealthy', reason: 'refused a connection' })
    }
  }

  #addActive(id: string, by: number): void {
    const active = this.#views.find((view) => view.id === id)?.activeRequests ?? 0
    this.set(id, { activeRequests: active + by })
  }
}
