import type { EngineView } from '../core/engine.ts'
import type { Admission, Entry, RelayOutcome } from '../core/engine-entry.ts'

/** The engines a gateway may send requests to; `node/` provides it, whatever kinds of engines there are. */
export interface Engines {
  list(): readonly EngineView[]
  /** Resolves true as soon as one engine is `running`, false when `timeoutMs` is over or the signal fires. */
  untilUsable(timeoutMs: number, signal: AbortSignal): Promise<boolean>
  /** Asks every running engine for its lists, unless they are younger than `maxAgeMs`; never takes over 300 ms. */
  refresh(maxAgeMs: number): Promise<void>
  /** Resolves when an inference request may go to the engine, or is refused. Nothing else uses a slot of an engine. */
  enter(engineId: string, entry: Entry): Promise<Admission>
  /** Counts another request as active until the returned function is called with what became of it. */
  begin(engineId: string): (outcome: RelayOutcome) => void
}
