/** What the management API knows of the cluster and may do with it; `node/` provides it. */
import type { Role } from '../core/role.ts'

/** `waiting`: it wants to join, and someone must approve it; `unheard`: a member that has not been heard yet. */
export const nodeStates = ['alive', 'suspect', 'dead', 'unheard', 'waiting'] as const

/** One node as this one sees it. Every figure is the node's own measurement. */
export interface NodeFacts {
  readonly id: string
  readonly name: string
  readonly isSelf: boolean
  readonly role: Role
  readonly labels: Readonly<Record<string, string>>
  readonly isDraining: boolean
  readonly state: (typeof nodeStates)[number]
  readonly addresses: readonly string[]
  readonly version?: string | undefined
  readonly gateway?: string | undefined
  /** Milliseconds since 1970, as the next two. */
  readonly startedMs?: number | undefined
  readonly heardMs?: number | undefined
  readonly joinedMs?: number | undefined
  readonly capacity?: NodeCapacity | undefined
  readonly engines?: readonly NodeEngineFacts[] | undefined
}

export interface NodeCapacity {
  readonly cores: number
  readonly memoryBytes: number
  readonly gpus: number
  readonly diskFreeBytes?: number | undefined
}

export interface NodeEngineFacts {
  readonly id: string
  readonly kind: string
  readonly state: string
  /** The level of Ollama's API that it has. */
  readonly version?: string | undefined
  readonly models: readonly string[]
  readonly loaded: readonly string[]
}

export interface ClusterFacts {
  readonly clusterId: string
  /** The node that keeps the state of the cluster. */
  readonly holder: string
  readonly isHolder: boolean
  readonly copyAgeMs?: number
  readonly isStoreReplaced: boolean
  readonly isRefused: boolean
  readonly joining?: { readonly node: string; readonly sinceMs: number; readonly error?: string }
  readonly joinAddresses: readonly string[]
}

/** One that has proved nothing: not even that it is the one that it says. */
export interface NearbyNode {
  readonly id: string
  readonly name: string
  readonly addresses: readonly string[]
}

export interface TokenFacts {
  readonly id: string
  readonly usesLeft: number
  readonly createdMs: number
  readonly expiresMs: number
}

/**
 * A node is named by its id, its name, or the beginning of its id where that is one node's only; every method throws
 * `OD_MEMBER_UNKNOWN` otherwise, and what the store throws.
 */
export interface ClusterActions {
  facts(): ClusterFacts
  /** Members and those who wait. */
  nodes(): readonly NodeFacts[]
  /** Nodes of other clusters that the local network tells of. */
  nearby(): readonly NearbyNode[]
  node(name: string): NodeFacts
  tokens(): readonly TokenFacts[]
  /**
   * Without peers, nodes that the local network tells of are asked. Throws OD_JOIN_… and OD_LINK_…. `pending`: someone must
   * approve it there; this node goes on asking. `clockOffMs`: how far this node's clock is ahead of that of the member that was
   * asked; `member`: its id.
   */
  join(
    peers: readonly string[],
    token: string | undefined,
  ): Promise<{
    readonly outcome: 'admitted' | 'pending'
    readonly clockOffMs: number
    readonly member: string
  }>
  stopJoining(): void
  /** Throws OD_LEAVE_HOLDER. `isTold` false: the cluster could not be told. */
  leave(): Promise<{ readonly isTold: boolean }>
  approve(node: string): Promise<void>
  reject(node: string): Promise<void>
  /** Throws OD_MEMBER_SELF and OD_MEMBER_HOLDER. */
  remove(node: string): Promise<void>
  setDraining(node: string, isDraining: boolean): Promise<void>
  /** Sets labels; an empty value takes one away. */
  label(node: string, labels: Readonly<Record<string, string>>): Promise<void>
  /** `text` is shown this once. Throws OD_TOKEN_MANY. */
  createToken(wanted: { uses: number; ttlMs: number }): Promise<TokenFacts & { text: string }>
  /** Throws OD_TOKEN_UNKNOWN. */
  revokeToken(id: string): Promise<void>
}
