/** Words about engines that several parts share: what an engine is, how it stands, what it has. */

/**
 * `embedded`: our own llama.cpp server; `managed`: an Ollama that this node starts and stops; `adopted`: one that already
 * listened, `remote`: one that was named by its address; neither of these two is ever started or stopped by us.
 */
export const engineKinds = ['embedded', 'managed', 'adopted', 'remote'] as const
export type EngineKind = (typeof engineKinds)[number]

/** Names stand in paths of the API and of files. */
export const engineNamePattern: RegExp = /^[a-z0-9][a-z0-9._-]{0,63}$/i

/** The id that an engine of another node has here: its name there, and the node's PeerId. */
export function engineIdAt(node: string, name: string): string {
  return `${name}@${node}`
}

/** The parts of such an id; of an engine of this node, its name alone. */
export function partsOfEngineId(id: string): { readonly name: string; readonly node?: string } {
  const at = id.indexOf('@') // which no engine has in its name
  return at < 0 ? { name: id } : { name: id.slice(0, at), node: id.slice(at + 1) }
}

/** So many engines can be chosen from for each request at no cost worth measuring. */
export const enginesMax = 64

export const engineStates = [
  'starting',
  'running',
  'unhealthy',
  'restarting',
  'stopped',
  'crash-loop',
] as const
export type EngineState = (typeof engineStates)[number]

/** One entry of an engine's `/api/tags`: only the fields we look at are named, all others are kept as they came. */
export interface ModelListing {
  readonly name: string
  readonly digest: string
  /** RFC 3339. */
  readonly modified_at: string
  readonly [field: string]: unknown
}

/** One entry of an engine's `/api/ps`. */
export interface LoadedListing {
  readonly name: string
  readonly digest: string
  /** RFC 3339. */
  readonly expires_at: string
  readonly [field: string]: unknown
}

/** What is known of one engine now. Every figure was measured; what was not is absent. */
export interface EngineView {
  /**
   * Unique in the cluster. Of this node's engines: `embedded`, `local` (adopted), `default` (managed), or as its owner named
   * it; of others see `engineIdAt`.
   */
  readonly id: string
  /** PeerId of the node that it belongs to; absent for one of this node. */
  readonly node?: string
  readonly kind: EngineKind
  /** Origin, for example `http://127.0.0.1:11434`. */
  readonly url: string
  /** True when this node started it and will stop it. */
  readonly managed: boolean
  readonly state: EngineState
  /** Milliseconds since 1970 at which it came into this state. */
  readonly sinceMs: number
  /** Why it is in this state, one short clause. */
  readonly reason: string
  readonly pid?: number
  /** Milliseconds since 1970 at which that process was started. */
  readonly startedMs?: number
  readonly version?: string
  readonly models: readonly ModelListing[]
  readonly loaded: readonly LoadedListing[]
  /** Requests of this gateway that the engine has not finished. */
  readonly activeRequests: number
  /** Requests that wait at this node for a place in the engine. */
  readonly queuedRequests?: number
  /** Requests that this node has the engine run at the same time. */
  readonly slots?: number
  readonly lastProbe?: { readonly atMs: number; readonly ok: boolean; readonly durationMs: number }
}
