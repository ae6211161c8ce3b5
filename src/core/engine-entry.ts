/** How a request comes into an engine: what the door gives and the gateway takes. */

/** What became of a request that was sent to an engine. */
export type RelayOutcome = 'answered' | 'unreachable' | 'died'

/**
 * `doubted`: it may come back and go on with what it answers; `silent`: its node was not reached for some seconds, told again as
 * long as that lasts; `lost`: nothing more will come of it.
 */
export type OutReason = 'doubted' | 'silent' | 'lost'

/** A request that wants to an engine. */
export interface Entry {
  /** Canonical name; absent where the request names no model. */
  readonly model: string | undefined
  /** Whose request it is: keys take turns. */
  readonly key: string
  /** False when it is to be refused as `full` rather than to wait, because another engine may have room. */
  readonly mayWait: boolean
  /** Calls `action` when the client leaves; asked only where the request must wait. Returns what ends the watching. */
  whenClientLeaves(action: () => void): () => void
}

/** `full`: too many wait already, or it may not wait; `late`: it waited too long; `gone`: the engine cannot be used any more. */
export type Refusal = 'full' | 'late' | 'gone'

/** `left`: its client left while it waited. */
export type Admission =
  | { readonly type: 'admitted'; readonly pass: Pass }
  | { readonly type: Refusal | 'left' }

/** A place in an engine. */
export interface Pass {
  /** The engine begins to answer; `isOk` when it is no error. */
  answering(isOk: boolean): void
  /** The client left: `abort` is called as soon as nobody waits for what the engine does for it, at once as a rule. */
  leave(abort: () => void): void
  /**
   * Calls `action` when the engine goes out of use while another is in use, unless it was asked to stop, and when its node is
   * lost; returns what ends the watching.
   */
  whenOut(action: (why: OutReason) => void): () => void
  /** Gives the place back, and tells what became of the request; the first call counts. */
  finish(outcome: RelayOutcome): void
}
