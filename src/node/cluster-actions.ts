/** The cluster as the management API has it: names of people become ids, what nodes say of themselves is checked. */
import { z } from 'zod'
import type { ClusterActions, NodeFacts } from '../admin/index.ts'
import { type PeerId, parseMultiaddress } from '../cluster/identity/index.ts'
import type { PeerAddress } from '../cluster/membership/index.ts'
import { OdError } from '../core/errors/index.ts'
import type { Cluster, ClusterMember } from './cluster/index.ts'

/** What a node tells of itself beside what the cluster needs; each part is shown only when it is of this form. */
const told = {
  version: z.string().max(64),
  gateway: z.string().max(300),
  startedMs: z.number().int().nonnegative(),
  capacity: z.object({
    cores: z.number().int(),
    memoryBytes: z.number().int(),
    gpus: z.number().int(),
    diskFreeBytes: z.number().int().optional(),
  }),
} as const

export function clusterActions(
  cluster: Cluster,
  enginesOf: (member: ClusterMember) => NodeFacts['engines'],
): ClusterActions {
  const nodes = (): NodeFacts[] => [
    ...cluster.members().map((member) => factsOf(member, enginesOf(member))),
    ...[...cluster.waiting()].map(
      ([id, { name, role, addresses, askedMs }]): NodeFacts => ({
        id,
        name,
        isSelf: false,
        role,
        labels: {},
        isDraining: false,
        state: 'waiting',
        addresses,
        heardMs: askedMs,
      }),
    ),
  ]
  const find = (name: string): NodeFacts => {
    const all = nodes()
    const found =
      all.find(({ id }) => id === name) ??
      only(all.filter((node) => node.name === name)) ??
      only(all.filter(({ id }) => id.startsWith(name)))
    if (found === undefined) throw new OdError('OD_MEMBER_UNKNOWN', { peer: name })
    return found
  }
  const peerOf = (name: string) => find(name).id as PeerId
  const tokens = () => [...cluster.tokens()].map(([id, record]) => ({ id, ...record }))
  return {
    facts: () => {
      const status = cluster.status()
      const isHolder = status.holder === cluster.self.peer
      return { ...status, isHolder, joinAddresses: cluster.addresses() }
    },
    nodes,
    node: find,
    tokens,
    join: async (peers, token) => await cluster.join(peers.map(readPeer), token),
    stopJoining: () => cluster.stopJoining(),
    leave: () => cluster.leave(),
    approve: (name) => cluster.approve(peerOf(name)),
    reject: (name) => cluster.reject(peerOf(name)),
    remove: (name) => cluster.remove(peerOf(name)),
    setDraining: (name, isDraining) => cluster.change(peerOf(name), { isDraining }),
    async label(name, changes) {
      const { id, labels } = find(name)
      const all = Object.entries({ ...labels, ...changes }).filter(([, value]) => value !== '')
      await cluster.change(id as PeerId, { labels: Object.fromEntries(all) })
    },
    async createToken(wanted) {
      const { id, text, record } = await cluster.createToken(wanted)
      return { id, text, ...record }
    },
    revokeToken: (id) => cluster.revokeToken(id),
  }
}

/** Reads the address of a member. Throws OD_JOIN_ADDRESS. */
export function readPeer(text: string): PeerAddress {
  const address = parseMultiaddress(text.trim())
  if (address?.peer === undefined) throw new OdError('OD_JOIN_ADDRESS', { address: text })
  return { ...address, peer: address.peer }
}

/** Two machines may have one name, and a short beginning may be that of many. */
function only(found: readonly NodeFacts[]): NodeFacts | undefined {
  return found.length === 1 ? found[0] : undefined
}

function factsOf(member: ClusterMember, engines: NodeFacts['engines']): NodeFacts {
  const { peer, name, isSelf, role, labels, isDraining, status, addresses, body } = member
  const said = <Name extends keyof typeof told>(key: Name) =>
    told[key].safeParse(body?.[key]).data as z.infer<(typeof told)[Name]> | undefined
  return {
    id: peer,
    name,
    isSelf,
    role,
    labels,
    isDraining,
    state: status,
    addresses,
    version: said('version'),
    gateway: said('gateway'),
    startedMs: said('startedMs'),
    capacity: said('capacity'),
    heardMs: member.heardMs,
    joinedMs: member.joinedMs,
    engines,
  }
}
