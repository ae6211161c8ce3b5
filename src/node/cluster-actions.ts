/** The cluster as the management API has it: names of people become ids, what nodes say of themselves is checked. */
import type { ClusterActions, NodeFacts } from '../admin/index.ts'
import { formatMultiaddress, type PeerId, parseMultiaddress } from '../cluster/identity/index.ts'
import { type PeerAddress, readToldFacts } from '../cluster/membership/index.ts'
import { OdError } from '../core/errors/index.ts'
import type { Cluster, ClusterMember } from './cluster/index.ts'

export function clusterActions(
  cluster: Cluster,
  enginesOf: (member: ClusterMember) => NodeFacts['engines'],
): ClusterActions {
  const nodes = (): NodeFacts[] => [
    ...cluster.members().map((member) => ({
      ...factsOf(member, enginesOf(member)),
      heardMs: cluster.heardMs(member.peer),
    })),
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
    nearby: () =>
      cluster.nearby().map(({ peer, name, addresses }) => ({
        id: peer,
        name,
        addresses: addresses.map((address) => formatMultiaddress({ ...address, peer })),
      })),
    node: find,
    tokens,
    join: async (peers, token) => await cluster.join(peers.map(readPeer), token),
    stopJoining: () => cluster.stopJoining(),
    leave: () => cluster.leave(),
    approve: async (name) => await cluster.changes.approve(peerOf(name)),
    reject: async (name) => await cluster.changes.reject(peerOf(name)),
    remove: async (name) => await cluster.changes.remove(peerOf(name)),
    setDraining: async (name, isDraining) =>
      await cluster.changes.change(peerOf(name), { isDraining }),
    async label(name, changes) {
      const { id, labels } = find(name)
      const all = Object.entries({ ...labels, ...changes }).filter(([, value]) => value !== '')
      await cluster.changes.change(id as PeerId, { labels: Object.fromEntries(all) })
    },
    async createToken(wanted) {
      const { id, text, record } = await cluster.changes.createToken(wanted)
      return { id, text, ...record }
    },
    revokeToken: (id) => cluster.changes.revokeToken(id),
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
  const { version, gateway, startedMs, capacity } = readToldFacts(body)
  return {
    id: peer,
    name,
    isSelf,
    role,
    labels,
    isDraining,
    state: status,
    addresses,
    version,
    gateway,
    startedMs,
    capacity,
    joinedMs: member.joinedMs,
    engines,
  }
}
