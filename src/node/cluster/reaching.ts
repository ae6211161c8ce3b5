/** How this node and the others get to each other: at addresses, through relays, and by what a LAN tells. */
import { createHash } from 'node:crypto'
import { type Discovery, type FoundNode, startDiscovery } from '../../cluster/discovery/index.ts'
import {
  type Identity,
  type Multiaddress,
  type PeerId,
  parseMultiaddress,
} from '../../cluster/identity/index.ts'
import {
  type Link,
  type LinksClient,
  type Members,
  makeLinksClient,
} from '../../cluster/links/index.ts'
import { type Membership, membershipLimits, readToldFacts } from '../../cluster/membership/index.ts'
import {
  dialBackAnswerer,
  dialBackPath,
  mayBeDialled,
  type OtherMember,
  RelayHub,
  WayIn,
} from '../../cluster/relay/index.ts'
import type { LinkRoutes } from './link-routes.ts'
import type { ListeningLinks } from './listening.ts'
import type { ClusterOptions } from './options.ts'
import type { ClusterMember } from './types.ts'
import { addressesOf } from './views.ts'

/** Leaves room for those behind relays in what others read. */
const ownAddressesMax = 12

interface ReachingOptions
  extends Pick<ClusterOptions, 'clock' | 'random' | 'log' | 'name' | 'discovery'> {
  readonly identity: Identity
  readonly allowed: Members
  readonly members: () => readonly ClusterMember[]
  readonly membership: () => Membership
  /** Where this node listens. */
  readonly ownAddresses: () => readonly string[]
  /** Hears when others are to find this node elsewhere than before. */
  readonly onChange: () => void
}

export class Reaching {
  readonly client: LinksClient
  readonly hub: RelayHub
  readonly #options: ReachingOptions
  readonly #wayIn: WayIn
  /** With the addresses of this moment: every request asks for one. */
  readonly #links = new Map<PeerId, Link>()
  #server: ListeningLinks | undefined
  #discovery: Discovery | undefined

  constructor(options: ReachingOptions) {
    const { identity, allowed, clock, log, onChange } = options
    this.#options = options
    this.hub = new RelayHub({ self: identity.peer, clock, log })
    this.client = makeLinksClient({
      identity,
      members: allowed,
      clock,
      ownCircuit: this.hub.open,
    })
    this.#wayIn = new WayIn({
      self: identity.peer,
      client: this.client,
      linkTo: (peer) => this.linkTo(peer),
      waysTo: (peer) => addressesOf(peer, options.members(), options.membership().contacts),
      members: () => this.#others(),
      ownAddresses: () => readAll(this.addresses()),
      accept: (stream) => this.#server?.accept(stream),
      clock,
      onChange,
    })
  }

  /** Where others find this node: where it listens, and those that pass connections on to it when it cannot be dialled. */
  addresses(): readonly string[] {
    const own = this.#options.ownAddresses().slice(0, ownAddressesMax)
    return [...own, ...this.#wayIn.circuits()]
  }

  linkTo(peer: PeerId): Link {
    const known = this.#links.get(peer)
    if (known !== undefined) return known
    const { members, membership } = this.#options
    const link = this.client.to(peer, addressesOf(peer, members(), membership().contacts))
    this.#links.set(peer, link)
    return link
  }

  /** Somebody may have other addresses than before. */
  forgetLinks(): void {
    this.#links.clear()
  }

  /** Nodes of other clusters that the local network tells of; none of them has proved anything. */
  nearby(): readonly FoundNode[] {
    const { clusterId } = this.#options.membership()
    return (this.#discovery?.found() ?? []).filter((node) => node.clusterId !== clusterId)
  }

  start(server: ListeningLinks, routes: LinkRoutes): void {
    const { clock, random, log, identity, discovery } = this.#options
    this.#server = server
    const answer = dialBackAnswerer({
      client: this.client,
      addressesOf: (peer) => readAll(this.#told(peer)),
      ownHosts: () => readAll(this.#options.ownAddresses()).map(({ host }) => host),
      clock,
    })
    routes.add(dialBackPath, (peer, request, response) => void answer(peer, request, response))
    this.#wayIn.start()
    if (!discovery) return
    const announce = (address: string) => this.#announcement(address)
    this.#discovery = startDiscovery({ self: identity.peer, announce, clock, random, log })
    this.#discovery.onFound(() => {
      log.info(
        { nodes: this.nearby().map(({ peer, name }) => ({ peer, name })) },
        'discovery.heard',
      )
    })
  }

  /** This node's own addresses are others. */
  moved(): void {
    this.#wayIn.moved()
  }

  /** Who is a member, or of which cluster, is another. */
  changed(): void {
    this.#wayIn.look()
    this.#discovery?.changed()
  }

  /** Nobody new comes in from here on. */
  close(): void {
    this.#wayIn.stop()
    this.hub.close()
    this.#discovery?.stop()
  }

  #announcement(address: string) {
    const { identity, name, membership, ownAddresses } = this.#options
    const own = readAll(ownAddresses()).find(({ host }) => host === address)
    if (own === undefined) return undefined
    const { clusterId } = membership()
    const { protocol } = membershipLimits
    return { peer: identity.peer, name, clusterId, protocol, port: own.port }
  }

  /** What a member says of itself now, and only where it says nothing, what was written down of it. */
  #told(peer: PeerId): readonly string[] {
    const member = this.#options.members().find((one) => one.peer === peer)
    return readToldFacts(member?.body).addresses ?? member?.addresses ?? []
  }

  /**
   * Members that may be of use, in an order that is another for each node, so that not all have the same relay. A node that
   * can only be reached from its own machine is none that others could reach through relays.
   */
  #others(): readonly OtherMember[] {
    const { members, ownAddresses, identity } = this.#options
    if (!readAll(ownAddresses()).some(mayBeDialled)) return []
    return members()
      .filter(({ isSelf, status }) => !isSelf && status === 'alive')
      .map(({ peer }) => ({ peer, rank: rankOf(identity.peer, peer) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1))
      .map(({ peer }) => {
        const told = readAll(this.#told(peer))
        const isHidden = told.some(({ relay }) => relay !== undefined)
        return { peer, addresses: isHidden ? [] : told.filter(mayBeDialled) }
      })
  }
}

function rankOf(self: PeerId, peer: PeerId): string {
  return createHash('sha256').update(`${self} ${peer}`).digest('hex')
}

function readAll(texts: readonly string[]): Multiaddress[] {
  return texts.map(parseMultiaddress).filter((one) => one !== undefined)
}
