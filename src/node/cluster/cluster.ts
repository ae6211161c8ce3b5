/**
 * This node in its cluster: identity, links, the store of agreed state or the way to it, soft state. Owns which cluster it is;
 * everything else about members is read out of the copy of the store and out of soft state.
 */
import { join } from 'node:path'
import {
  type Identity,
  loadIdentity,
  type PeerId,
  parseMultiaddress,
  publicKeyOf,
} from '../../cluster/identity/index.ts'
import {
  callLink,
  type Link,
  type LinksClient,
  Members,
  makeLinksClient,
} from '../../cluster/links/index.ts'
import {
  keys,
  type MemberChange,
  type MemberRecord,
  type PeerAddress,
  readToken,
  readWaiting,
  recordsByPeer,
} from '../../cluster/membership/index.ts'
import {
  type MemberView,
  type SoftStateService,
  startSoftState,
  timings,
} from '../../cluster/soft-state/index.ts'
import { OdError } from '../../core/errors/index.ts'
import { joinAnswerer } from './admitting.ts'
import { Joining } from './joining.ts'
import { gossipHandler, gossipPath, LinkRoutes } from './link-routes.ts'
import { type ListeningLinks, listenForLinks } from './listening.ts'
import { type Membership, readMembership, writeMembership } from './membership-file.ts'
import type { ClusterOptions } from './options.ts'
import { openSession, type Session, sweepOthers } from './session.ts'
import type { Cluster, ClusterMember, ClusterStatus } from './types.ts'
import { memberRecords, memberView } from './views.ts'

/** Between a change of what this node says and its telling: what changes together is told together. */
const publishMs = 100
/** How often the machine is asked for its addresses. */
const addressCheckMs = 5_000
/** Addresses of members are written down at most as often. */
const contactsMs = 10_000
/** How long an answer waits until the copy of the store shows what was done. */
const firstCopyMs = 3_000
const packetBytesMax = 128 * 1024
const clusterIdBytes = 16

/** Starts it. Throws OD_IDENTITY_…, OD_MEMBERSHIP_DAMAGED, OD_LINK_LISTEN and OD_STATE_…. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const identity = await loadIdentity(options.dataDir)
  const path = join(options.stateDir, 'membership.json')
  const known = (await readMembership(path)) ?? clusterOfOne(identity.peer, options)
  const membership = { ...known, starts: known.starts + 1 }
  await writeMembership(path, membership)
  const service = new ClusterService(options, identity, path)
  await service.start(membership)
  return service
}

function clusterOfOne(peer: PeerId, { random }: ClusterOptions): Membership {
  return { clusterId: random.hex(clusterIdBytes), holder: peer, contacts: [], starts: 0 }
}

class ClusterService implements Cluster {
  readonly self
  readonly routes = new LinkRoutes()
  readonly #options: ClusterOptions
  readonly #identity: Identity
  readonly #path: string
  readonly #allowed = new Members()
  readonly #client: LinksClient
  readonly #listeners = new Set<() => void>()
  readonly #heardMs = new Map<PeerId, number>()
  readonly #joining: Joining
  #server!: ListeningLinks
  #session!: Session
  #membership!: Membership
  #soft!: SoftStateService
  #records: ReadonlyMap<PeerId, MemberRecord | undefined> = new Map()
  #members: readonly ClusterMember[] | undefined
  #addresses: readonly string[] = []
  #keptAddresses: string | undefined
  #isRefused = false
  #isSwitching = false
  #written: Promise<void> = Promise.resolve()
  #cancelPublish: (() => void) | undefined
  #cancelCheck = () => {}
  #cancelContacts: (() => void) | undefined

  constructor(options: ClusterOptions, identity: Identity, path: string) {
    const { clock, name, role } = options
    this.#options = options
    this.#identity = identity
    this.#path = path
    this.self = { peer: identity.peer, name, role }
    this.#client = makeLinksClient({ identity, members: this.#allowed, clock })
    this.#joining = new Joining({
      client: this.#client,
      clock,
      wish: () => this.#wish(),
      onAdmitted: (admitted) =>
        this.#switchTo({
          clusterId: admitted.clusterId,
          holder: admitted.holder,
          contacts: admitted.members.map(({ peer, addresses }) => ({ peer, addresses })),
          starts: this.#membership.starts,
        }),
    })
  }

  async start(membership: Membership): Promise<void> {
    const { clock, random, timing } = this.#options
    this.#membership = membership
    this.#soft = startSoftState({
      self: { node: this.self.peer, privateKey: this.#identity.privateKey },
      epoch: membership.starts,
      body: this.#body(),
      timings: timings[timing],
      clock,
      seed: Math.floor(random.number() * 2 ** 32),
      send: (node, bytes) => this.#sendPacket(node as PeerId, bytes),
      onChange: (node) => {
        this.#heardMs.set(node as PeerId, clock.wallMs())
        this.#tell()
      },
    })
    const gossip = gossipHandler(() => this.#soft)
    this.routes.add(gossipPath, (peer, request, response) => {
      this.#heardMs.set(peer, clock.wallMs())
      gossip(peer, request, response)
    })
    this.#session = await this.#open(membership)
    this.#follow()
    await this.#listen()
    await sweepOthers(membership, { ...this.#options, identity: this.#identity })
    this.#watchAddresses()
  }

  addresses(): readonly string[] {
    return this.#addresses.map((address) => `${address}/p2p/${this.self.peer}`)
  }

  status(): ClusterStatus {
    const membership = this.#membership
    const { copy } = this.#session
    const { ageMs, isStoreReplaced } = copy.read(keys.clusterId)
    const joining = this.#joining.pending
    return {
      clusterId: membership.clusterId,
      holder: membership.holder,
      ...(ageMs === undefined ? {} : { copyAgeMs: ageMs }),
      isStoreReplaced,
      isRefused: this.#isRefused,
      ...(joining === undefined ? {} : { joining }),
    }
  }

  members(): readonly ClusterMember[] {
    this.#members ??= this.#viewMembers()
    return this.#members
  }

  waiting() {
    return recordsByPeer(this.#session.copy.read(keys.pending).entries, readWaiting)
  }

  tokens() {
    const { entries } = this.#session.copy.read(keys.tokens)
    return new Map(
      entries.flatMap(({ key, value }) => {
        const record = readToken(value)
        return record === undefined ? [] : [[key.slice(keys.tokens.length), record] as const]
      }),
    )
  }

  linkTo(peer: PeerId): Link {
    const member = this.members().find((one) => one.peer === peer)
    const contact = this.#membership.contacts.find((one) => one.peer === peer)
    const texts = member?.addresses ?? contact?.addresses ?? []
    return this.#client.to(
      peer,
      texts.map(parseMultiaddress).filter((one) => one !== undefined),
    )
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  changed(): void {
    this.#cancelPublish ??= this.#options.clock.after(publishMs, () => {
      this.#cancelPublish = undefined
      this.#soft.publish(this.#body())
    })
  }

  async join(targets: readonly PeerAddress[], token: string | undefined) {
    const { peer } = this.self
    if (targets.some((target) => target.peer === peer)) throw new OdError('OD_JOIN_SELF')
    // One that was removed may believe that it is a member still.
    const others = this.#isRefused ? [] : this.members().filter(({ isSelf }) => !isSelf)
    if (targets.some((target) => others.some((other) => other.peer === target.peer))) {
      return 'admitted'
    }
    if (others.length > 0) throw new OdError('OD_JOIN_HAS_MEMBERS', { count: others.length })
    const outcome = await this.#joining.ask(targets, token)
    if (outcome === 'admitted') {
      await this.#untilCopy(() => this.#records.get(peer) !== undefined)
    }
    return outcome
  }

  stopJoining(): void {
    this.#joining.stop()
  }

  async leave(): Promise<{ isTold: boolean }> {
    const { peer } = this.self
    const count = this.members().length - 1
    if (this.#membership.holder === peer && count > 0) {
      throw new OdError('OD_LEAVE_HOLDER', { count })
    }
    const isTold = await this.#session.registry.leave(peer).then(
      () => true,
      () => false,
    )
    const { starts } = this.#membership
    await this.#switchTo({ ...clusterOfOne(peer, this.#options), starts })
    return { isTold }
  }

  async approve(peer: PeerId): Promise<void> {
    await this.#session.registry.approve(peer)
    await this.#untilSeen()
  }

  async reject(peer: PeerId): Promise<void> {
    await this.#session.registry.reject(peer)
    await this.#untilSeen()
  }

  async remove(peer: PeerId): Promise<void> {
    if (peer === this.self.peer) throw new OdError('OD_MEMBER_SELF')
    if (peer === this.#membership.holder) throw new OdError('OD_MEMBER_HOLDER', { peer })
    await this.#session.registry.remove(peer)
    await this.#untilSeen()
  }

  async change(peer: PeerId, change: MemberChange): Promise<void> {
    await this.#session.registry.change(peer, change)
    await this.#untilSeen()
  }

  async createToken(wanted: { uses: number; ttlMs: number }) {
    const made = await this.#session.registry.createToken(wanted)
    await this.#untilSeen()
    return made
  }

  async revokeToken(id: string): Promise<void> {
    await this.#session.registry.revokeToken(id)
    await this.#untilSeen()
  }

  async stop(drainMs: number): Promise<void> {
    this.#joining.stop()
    this.#cancelCheck()
    this.#cancelPublish?.()
    this.#cancelContacts?.()
    this.#soft.stop()
    await this.#server.stop(drainMs)
    await this.#session.close()
    await this.#client.stop()
  }

  #open(membership: Membership): Promise<Session> {
    const { name, role, labels } = this.#options
    const addresses = [...this.#addresses]
    return openSession(membership, {
      ...this.#options,
      identity: this.#identity,
      first: { name, role, labels, addresses, isDraining: false },
      linkTo: (peer) => this.#linkWhile(membership, peer),
      onChange: () => this.#follow(),
    })
  }

  /** Of a cluster that is being opened, only the addresses are known that the membership has. */
  #linkWhile({ contacts }: Membership, peer: PeerId): Link {
    return {
      dispatch: (...parameters) => {
        const known = this.members().find((one) => one.peer === peer)?.addresses ?? []
        const told = contacts.find((one) => one.peer === peer)?.addresses ?? []
        const read = [...known, ...told].map(parseMultiaddress).filter((one) => one !== undefined)
        return this.#client.to(peer, read).dispatch(...parameters)
      },
    }
  }

  /** Not before there is something that can answer. */
  async #listen(): Promise<void> {
    const { clock, log } = this.#options
    this.#server = await listenForLinks({
      ...this.#options,
      identity: this.#identity,
      members: this.#allowed,
      onRequest: (peer, request, response) => {
        if (this.#session.serve?.(request, response) === true) return
        this.routes.answer(peer, request, response)
      },
      onJoin: joinAnswerer({
        clock,
        log,
        self: this.self,
        registry: () => this.#session.registry,
        cluster: () => ({ ...this.#membership, members: this.members() }),
      }),
    }).catch(async (error: unknown) => {
      this.#soft.stop()
      await this.#session.close()
      throw error
    })
    this.#setAddresses(this.#server.addresses())
  }

  #setAddresses(addresses: readonly string[]): void {
    this.#addresses = addresses
    this.changed()
    this.#tell()
    this.#keepOwnAddresses()
  }

  /** The file decides; what is open of the cluster before ends after it. */
  async #switchTo(membership: Membership): Promise<void> {
    const before = this.#session
    this.#isSwitching = true
    try {
      await this.#write(() => membership)
      this.#membership = membership
      await before.close() // a database is one owner's at a time
      this.#session = await this.#open(membership)
    } finally {
      this.#isSwitching = false
    }
    this.#isRefused = false
    this.#follow()
    await sweepOthers(membership, { ...this.#options, identity: this.#identity })
    const { clusterId, holder } = membership
    this.#options.log.info({ clusterId, holder }, 'cluster.changed')
    this.#options.onEvent('cluster.changed', { clusterId, holder })
  }

  /** Takes over who is a member from the copy of the store. */
  #follow(): void {
    if (this.#session?.membership !== this.#membership) return // not open yet
    const { copy } = this.#session
    const membership = this.#membership
    const before = this.#records
    this.#records = memberRecords(copy.read(keys.members), membership, this.self.peer)
    this.#allowed.replace(this.#records.keys())
    for (const peer of before.keys()) {
      if (!this.#records.has(peer) && peer !== this.self.peer) this.#soft.remove(peer)
    }
    for (const peer of this.#records.keys()) {
      if (!before.has(peer) && peer !== this.self.peer) this.#soft.add(peer, publicKeyOf(peer))
    }
    this.changed()
    this.#tell()
    this.#keepOwnAddresses()
  }

  /** What the store says of this node is what a member goes by that has not heard it for long. */
  #keepOwnAddresses(): void {
    const record = this.#records.get(this.self.peer)
    const [now, kept] = [this.#addresses.join(), record?.addresses.join()]
    if (record === undefined || now === '' || now === kept || now === this.#keptAddresses) return
    this.#keptAddresses = now
    this.#session.registry
      .change(this.self.peer, { addresses: [...this.#addresses] })
      .catch(() => (this.#keptAddresses = undefined)) // the next change of the copy tries again
  }

  #tell(): void {
    this.#members = undefined
    this.#cancelContacts ??= this.#options.clock.after(contactsMs, () => {
      this.#cancelContacts = undefined
      void this.#keepContacts()
    })
    for (const listener of this.#listeners) listener()
  }

  /** Where the members are now is the way back to them after a day away. */
  async #keepContacts(): Promise<void> {
    const membership = this.#membership
    const contacts = this.members()
      .filter(({ isSelf, addresses }) => !isSelf && addresses.length > 0)
      .map(({ peer, addresses }) => ({ peer, addresses: [...addresses] }))
    if (JSON.stringify(contacts) === JSON.stringify(membership.contacts)) return
    membership.contacts = contacts
    await this.#write(() =>
      this.#isSwitching || this.#membership !== membership ? undefined : membership,
    ).catch((error: unknown) => {
      this.#options.log.error({ error: String(error) }, 'cluster.contacts-unwritten')
    })
  }

  /** One write after the other; what is written is asked when its turn comes. */
  #write(membership: () => Membership | undefined): Promise<void> {
    const write = async () => {
      const value = membership()
      if (value !== undefined) await writeMembership(this.#path, value)
    }
    const written = this.#written.then(write)
    this.#written = written.catch(() => {}) // its caller hears of it
    return written
  }

  #viewMembers(): ClusterMember[] {
    const soft = new Map<string, MemberView>(this.#soft.members().map((one) => [one.node, one]))
    const { contacts } = this.#membership
    return [...this.#records].map(([peer, record]) =>
      memberView(peer, record, {
        self: this.self,
        ownAddresses: this.#addresses,
        soft: soft.get(peer),
        contacts,
        heardMs: this.#heardMs.get(peer),
      }),
    )
  }

  /** What this node says of itself to the others. */
  #body(): object {
    const { name, role, version, startedMs, extra } = this.#options
    const record = this.#records.get(this.self.peer)
    return {
      name,
      version,
      startedMs,
      role: record?.role ?? role,
      labels: record?.labels ?? {},
      isDraining: record?.isDraining ?? false,
      addresses: this.#addresses,
      ...extra(),
    }
  }

  #wish() {
    const { name, role, labels, version, clock } = this.#options
    return {
      version,
      name,
      role,
      labels: { ...labels },
      addresses: [...this.#addresses],
      nowMs: clock.wallMs(),
    }
  }

  async #sendPacket(peer: PeerId, body: Uint8Array): Promise<Uint8Array> {
    const { clock, timing } = this.#options
    const call = {
      peer,
      method: 'POST',
      path: gossipPath,
      body,
      timeoutMs: timings[timing].roundMs * 2,
      answerBytesMax: packetBytesMax,
    } as const
    const answer = await callLink(this.linkTo(peer), call, clock)
    if (answer.status === 200) {
      this.#heardMs.set(peer, clock.wallMs())
      this.#isRefused = false
      return answer.body
    }
    if (answer.status === 403) this.#noteRefusal(peer)
    throw new Error(`the node ${peer} answered ${answer.status}`)
  }

  /** A member that does not know this node any more: it was removed, and could not be told. */
  #noteRefusal(peer: PeerId): void {
    if (this.#isRefused) return
    this.#isRefused = true
    this.#options.log.warn({ peer }, 'cluster.refused')
    this.#options.onEvent('cluster.refused', { node: peer })
  }

  #watchAddresses(): void {
    this.#cancelCheck = this.#options.clock.after(addressCheckMs, () => {
      const now = this.#server.addresses()
      if (now.join() !== this.#addresses.join()) {
        this.#setAddresses(now)
      }
      this.#watchAddresses()
    })
  }

  /** What was written here is shown here: the copy has come as far as the store was after it. */
  async #untilSeen(): Promise<void> {
    const { store, copy } = this.#session
    const { at } = await store.get(keys.clusterId)
    await this.#untilCopy(() => (copy.read(keys.clusterId).at?.revision ?? 0) >= at.revision)
  }

  /** At the latest after `firstCopyMs`. */
  #untilCopy(isThere: () => boolean): Promise<void> {
    if (isThere()) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        end()
        resolve()
      }
      const cancel = this.#options.clock.after(firstCopyMs, done)
      const end = this.onChange(() => {
        if (isThere()) done()
      })
    })
  }
}
