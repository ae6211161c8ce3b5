import type { EngineView } from '../../core/engine.ts'
import type { PeerId } from '../identity/index.ts'
import type { Link } from '../links/index.ts'

/** `gateway` and `storage` nodes lend no engines to others. */
export type NodeRole = 'full' | 'gateway' | 'storage' | 'compute'

/** A member of the cluster, as this node sees it. */
export interface ClusterMember {
  readonly peer: PeerId
  /** For people. */
  readonly name: string
  readonly status: 'alive' | 'suspect' | 'dead'
  /** It finishes what it has and wants nothing new. */
  readonly isDraining: boolean
  readonly role: NodeRole
  /** What it says of itself; the same object until it says something new. A node may say anything. */
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/** The cluster; whoever keeps membership and soft state provides it. */
export interface ClusterMembers {
  /** This node may be among them. */
  members(): readonly ClusterMember[]
  linkTo(peer: PeerId): Link
  /** Calls `listener` after a change of any member; returns what ends it. */
  onChange(listener: () => void): () => void
}

/** The engines of this node. */
export interface OwnEngines {
  /** The same list until something changed. */
  list(): readonly EngineView[]
  refresh(maxAgeMs: number): Promise<void>
}
