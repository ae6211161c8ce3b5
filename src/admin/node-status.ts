import type { EngineView } from '../core/engine.ts'

export const componentStates = [
  'starting',
  'running',
  'degraded',
  'stopping',
  'stopped',
  'failed',
] as const

/** One part of this node, such as the gateway or the roster of engines. */
export interface ComponentStatus {
  readonly name: string
  readonly state: (typeof componentStates)[number]
  /** Milliseconds since 1970 at which it came into this state. */
  readonly sinceMs: number
  /** Why it is in this state, one short clause. */
  readonly reason: string
  /** The newest failure, also after it is over; absent while there was none. */
  readonly lastError?: string
}

/** What the node knows of itself; `node/` provides it. */
export interface NodeStatus {
  /** A PeerId. */
  readonly nodeId: string
  /** What people call it. */
  readonly name: string
  readonly version: string
  /** Milliseconds since 1970. */
  readonly startedAtMs: number
  /** Origins under which clients reach the gateway, the best first, for example `http://127.0.0.1:8080`. */
  readonly addresses: readonly string[]
  readonly components: readonly ComponentStatus[]
}

/** Everything a report is made of, taken at one moment. */
export interface Snapshot {
  /** Milliseconds since 1970 at which it was taken. */
  readonly atMs: number
  readonly node: NodeStatus
  readonly engines: readonly EngineView[]
}

/** RFC 3339 text of a moment, UTC, to the millisecond. `ms`: since 1970. */
export function formatUtc(ms: number): string {
  return new Date(ms).toISOString()
}
