import type { FoundNode } from '../../cluster/discovery/index.ts'
import type { PeerId } from '../../cluster/identity/index.ts'
import type { Link } from '../../cluster/links/index.ts'
import type { PeerAddress, TokenRecord, WaitingRecord } from '../../cluster/membership/index.ts'
import type { Status } from '../../cluster/soft-state/index.ts'
import type { Role } from '../../core/role.ts'
import type { ClusterChanges } from './changes.ts'
import type { Joined } from './joining.ts'
import type { LinkRoutes } from './link-routes.ts'

/** A member of the cluster as this node sees it. */
export interface ClusterMember {
  readonly peer: PeerId
  readonly name: string
  readonly isSelf: boolean
  readonly role: Role
  readonly labels: Readonly<Record<string, string>>
  /** It is to get no new requests from others. */
  readonly isDraining: boolean
  readonly status: Status
  /** Where it listens for links, newest knowledge first. */
  readonly addresses: readonly string[]
  /** Milliseconds since 1970. */
  readonly joinedMs?: number
  /** What it says of itself, unchecked. */
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/** How this node's cluster stands. */
export interface ClusterStatus {
  readonly clusterId: string
  /** The node that keeps the state of the cluster. */
  readonly holder: PeerId
  /** Milliseconds since the store confirmed what this node knows of it; absent when it never did. */
  readonly copyAgeMs?: number
  /** The store that is there has lost what this node has seen, and is not followed. */
  readonly isStoreReplaced: boolean
  /** A member does not take this node for one any more. */
  readonly isRefused: boolean
  /** The wish to join another cluster that waits for approval there. */
  readonly joining?: { readonly node: string; readonly sinceMs: number; readonly error?: string }
}

/** This node's share in its cluster; `node/` starts one for the life of the node. */
export interface Cluster {
  readonly self: { readonly peer: PeerId; readonly name: string; readonly role: Role }
  /** Where other nodes find this one, with its id at the end. */
  addresses(): readonly string[]
  status(): ClusterStatus
  /** The same list until something changed. */
  members(): readonly ClusterMember[]
  /** Milliseconds since 1970 of this node's clock at which a member was last heard; undefined when it was not. */
  heardMs(peer: PeerId): number | undefined
  waiting(): ReadonlyMap<PeerId, WaitingRecord>
  tokens(): ReadonlyMap<string, TokenRecord>
  /** Nodes of other clusters that the local network tells of; none of them has proved anything. */
  nearby(): readonly FoundNode[]
  linkTo(peer: PeerId): Link
  /** What members may ask over links; other parts add theirs. */
  readonly routes: LinkRoutes
  /** Hears when members or what is known of them change. Returns what ends it. */
  onChange(listener: () => void): () => void
  /** What this node says of itself is another; it is told soon. */
  changed(): void
  /**
   * Asks the first of the members that can be reached to be admitted, and leaves the cluster of one for theirs; without any, those
   * that the local network tells of, which takes two seconds. `pending`:
   * someone must approve it there; this node goes on asking until it is admitted, refused, or told to stop. Throws OD_JOIN_…
   * and OD_LINK_….
   */
  join(members: readonly PeerAddress[], token: string | undefined): Promise<Joined>
  /** Gives up a wish that waits. */
  stopJoining(): void
  /** Goes back to a cluster of one; `isTold` false: the cluster could not be told. Throws OD_LEAVE_HOLDER. */
  leave(): Promise<{ readonly isTold: boolean }>
  readonly changes: ClusterChanges
  /** Ends it; requests over links may finish within `drainMs`. */
  stop(drainMs: number): Promise<void>
}
