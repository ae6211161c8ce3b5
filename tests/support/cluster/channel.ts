/** What a test tells a node of its cluster, and what the node tells back, over the channel between both processes. */
import type { NodeRole } from '../../../src/cluster/engines/index.ts'
import type { Strategy } from '../../../src/core/strategy.ts'

export interface NodeSettings {
  readonly name: string
  readonly dataDir: string
  /** The node starts none: they are there. */
  readonly engines: readonly { readonly id: string; readonly url: string }[]
  readonly slots: number
  readonly strategy: Strategy
  readonly role: NodeRole
  /**
   * How fast members hear of each other, and doubt each other: a test whose subject is not that has the patience of `wan`,
   * because a node of a busy machine may wait for its turn for longer than others may be silent.
   */
  readonly timings: 'test' | 'wan'
  /** Between two probes of an engine. */
  readonly probeMs: number
}

/** Where a node found its place. */
export interface NodePlace {
  readonly peer: string
  readonly linkPort: number
  readonly gatewayPort: number
}

/** Where one node finds another: perhaps behind a proxy. */
export interface PeerPlace {
  readonly peer: string
  readonly port: number
}

export type NodeOrder =
  | { readonly type: 'meet'; readonly peers: readonly PeerPlace[] }
  | { readonly type: 'drain'; readonly isDraining: boolean }
