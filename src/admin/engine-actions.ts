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

/**
 * What the management API may do with the engines of this node; `node/` provides it. Every method rejects with
 * `OD_ENGINE_UNKNOWN` for a name that no engine has. Their states are told as events of the type `engine.changed`.
 */
export interface EngineActions {
  /**
   * Adds an engine and keeps it for the next start; a managed one is started. Resolves when that is written down, not when
   * the engine answers. Rejects with `OD_ENGINE_NAME`, `OD_ENGINE_NAME_TAKEN`, `OD_ENGINE_URL`, `OD_ENGINE_SETTING`,
   * `OD_ENGINE_TOO_MANY`, `OD_ENGINE_DATA_DIR`, `OD_ENGINE_PORT_TAKEN` or `OD_OLLAMA_MISSING`.
   */
  add(engine: NewEngine): Promise<EngineView>
  /**
   * Stops an engine that was added and forgets it; its models stay. Rejects with `OD_ENGINE_CONFIGURED` for one that the
   * configuration asks for.
   */
  remove(name: string): Promise<void>
  /** Starts an engine; nothing when it runs. `OD_ENGINE_NOT_OURS` for one that this node does not start. */
  start(name: string): Promise<EngineView>
  /**
   * Takes an engine out of use, lets its running answers finish for at most `drainMs`, then ends it with all its processes.
   * It stays stopped until it is started, or the node is. `OD_ENGINE_NOT_OURS` as above.
   */
  stop(name: string, drainMs: number): Promise<EngineView>
  /** Stops it as `stop` does and starts it; resolves when the new process has been started. `OD_ENGINE_NOT_OURS`. */
  restart(name: string, drainMs: number): Promise<EngineView>
}
