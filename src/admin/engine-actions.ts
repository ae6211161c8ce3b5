import type { EngineView } from '../core/engine.ts'

/** An Ollama on another machine or in another's care, used by its address; it is never started or stopped. */
export interface NewRemoteEngine {
  readonly kind: 'remote'
  /** Unique on this node: letters, digits, `-`, `_` and `.`, at most 64. */
  readonly name: string
  /** Where it answers, for example `http://nas:11434`. */
  readonly url: string
}

/** An Ollama that this node starts, watches and stops. What is absent is as the configuration says. */
export interface NewManagedEngine {
  readonly kind: 'managed'
  /** As of a remote engine. */
  readonly name: string
  /** An IP address of this machine or `localhost`. */
  readonly host?: string | undefined
  /** 0 or absent: any free one. */
  readonly port?: number | undefined
  /** Absolute. */
  readonly dataDir?: string | undefined
  /** Absolute. */
  readonly modelDir?: string | undefined
  /** Above the variables of this node and of the configuration. */
  readonly environment?: Readonly<Record<string, string>> | undefined
}

export type NewEngine = NewRemoteEngine | NewManagedEngine

/** What a long action is given while it runs. */
export interface Progress {
  /** Fires when the action is to be given up; only while its newest step can be. */
  readonly signal: AbortSignal
  /** Tells what is done now, one short clause, and whether it can be given up meanwhile. */
  readonly tell: (step: string, canCancel: boolean) => void
}

/** Rejects with what went wrong, and with the signal's reason when it was given up and all is as before. */
export type LongAction = (progress: Progress) => Promise<void>

/**
 * What the management API may do with the engines of this node; `node/` provides it. Every method throws `OD_ENGINE_UNKNOWN`
 * for a name that no engine has. Their states are told as events of the type `engine.changed`.
 */
export interface EngineActions {
  /**
   * Adds an engine and keeps it for the next start; a managed one is started. Resolves when that is written down, not when
   * the engine answers. Rejects with `OD_ENGINE_NAME`, `OD_ENGINE_NAME_TAKEN`, `OD_ENGINE_URL`, `OD_ENGINE_SETTING`,
   * `OD_ENGINE_TOO_MANY`, `OD_ENGINE_FOLDER`, `OD_ENGINE_PORT_TAKEN` or `OD_OLLAMA_MISSING`.
   */
  add(engine: NewEngine): Promise<EngineView>
  /**
   * Stops an engine that was added, as `stop` does, and forgets it; its models stay. A remote one is forgotten at once. Throws
   * `OD_ENGINE_CONFIGURED` for one that the configuration asks for.
   */
  remove(name: string, drainMs: number): LongAction
  /**
   * Starts an engine and waits until it answers. One that was down is stopped again when that is given up. Fails with
   * `OD_ENGINE_START`. Throws `OD_ENGINE_NOT_OURS` for one that this node does not start.
   */
  start(name: string): LongAction
  /**
   * Takes an engine out of use, lets its running answers finish for at most `drainMs`, then ends it with all its processes.
   * It stays stopped until it is started, or the node is. Given up while answers are waited for, it is used as before; later
   * it cannot be. Throws `OD_ENGINE_NOT_OURS` as above.
   */
  stop(name: string, drainMs: number): LongAction
  /** Stops it as `stop` does, starts it, and waits until it answers. Throws and fails as both. */
  restart(name: string, drainMs: number): LongAction
}
