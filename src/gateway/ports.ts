import type { EngineView } from '../core/engine.ts'

/** What became of a request that was sent to an engine. */
export type RelayOutcome = 'answered' | 'unreachable' | 'died'

/** A request that wants to an engine. */
export interface Entry {
  /** Canonical name; absent where the request names no model. */
  readonly model: string | undefined
  /** Whose request it is: keys take turns. */
  readonly key: string
  /** Calls `action` when the client leaves; returns what ends the watching. */
  whenClientLeaves(action: () => void): () => void
}

/**
 * `full`: too many wait already; `late`: it waited too long; `gone`: the engine cannot be used any more; `left`: its client
 * left while it waited.
 */
export type Admission =
  | { readonly type: 'admitted'; readonly pass: Pass }
  | { readonly type: 'full' | 'late' | 'gone' | 'left' }

/** A place in an engine. */
export interface Pass {
  /** The engine begins to answer; `isOk` when it is no error. */
  answering(isOk: boolean): void
  /** The client left: `abort` is called as soon as nobody waits for what the engine does for it. */
  leave(abort: () => void): void
  /**
   * Calls `action` when the engine goes out of use while another is in use, unless it was asked to stop; returns what ends the
   * watching.
   */
  whenOut(action: () => void): () => void
  /** Gives the place back, and tells what became of the request. */
  finish(outcome: RelayOutcome): void
}

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
