/**
 * This node in its cluster: identity, links, the store of agreed state or the way to it, soft state. Everything about members
 * is read out of the copy of the store and out of soft state.
 */
import { join } from 'node:path'
import type { FoundNode } from '../../cluster/discovery/index.ts'
import { type Identity, loadIdentity, type PeerId } from '../../cluster/identity/index.ts'
import { type Link, Members } from '../../cluster/links/index.ts'
import {
  keys,
  type MemberRecord,
  type Membership,
  type PeerAddress,
  readWaiting,
  recordsByPeer,
} from '../../cluster/membership/index.ts'
import { OdError } from '../../core/errors/index.ts'
import { joinAnswerer } from './admitting.ts'
import { clusterChanges } from './changes.ts'
import { bodyOf, wishOf } from './describing.ts'
import { findOthers } from './finding.ts'
import { Gossip } from './gossip.ts'
import { Joining, memberAmong } from './joining.ts'
import { clusterOfOne, KeptMembership } from './kept-membership.ts'
import { KeptPlaces } from './kept-places.ts'
import { gossipPath, LinkRoutes } from './link-routes.ts'
import { type ListeningLinks, listenForLinks } from './listening.ts'
import type { ClusterOptions } from './options.ts'
import { OwnAddresses } from './own-addresses.ts'
import { Reaching } from './reaching.ts'
import { openSession, type Session, sweepOthers } from './session.ts'
import type { Cluster, ClusterMember, ClusterStatus } from './types.ts'
import { untilSo } from './until.ts'
import { memberRecords, memberView, statusOf, tokenRecords } from './views.ts'

/** How long an answer waits until the copy of the store shows what was done. */
const copyMs = 3_000

/** Throws OD_IDENTITY_…, OD_MEMBERSHIP_DAMAGED, OD_LINK_LISTEN and OD_STATE_…. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const identity = await loadIdentity(options.dataDir)
  const path = join(options.stateDir, 'membership.json')
  const kept = await KeptMembership.open(path, () => clusterOfOne(identity.peer, options.random))
  const service = new ClusterService(options, identity, kept)
  await service.start()
  return service
}

class ClusterService implements Cluster {
  readonly self
  readonly routes = new LinkRoutes()
  readonly changes
  readonly linkTo = (peer: PeerId): Link => this.#reaching.linkTo(peer)
  readonly nearby = (): readonly FoundNode[] => this.#reaching.nearby()
  readonly changed = (): void => this.#gossip.changed()
  readonly stopJoining = (): void => this.#joining.stop()
  readonly #options: ClusterOptions
  readonly #identity: Identity
  readonly #kept: KeptMembership
  readonly #allowed = new Members()
  readonly #reaching: Reaching
  readonly #gossip: Gossip
  readonly #joining: Joining
  readonly #addresses: OwnAddresses
  readonly #places: KeptPlaces
  readonly #listeners = new Set<() => void>()
  #server!: ListeningLinks
  #session!: Session
  #records: ReadonlyMap<PeerId, MemberRecord | undefined> = new Map()
  #members: readonly ClusterMember[] | undefined

  constructor(options: ClusterOptions, identity: Identity, kept: KeptMembership) {
    const { clock, name, role, log, onEvent } = options
    this.#options = options
    this.#identity = identity
    this.#kept = kept
    this.self = { peer: identity.peer, name, role }
    this.#addresses = new OwnAddresses(clock, () => {
      this.#reaching.moved()
      this.#tellAll()
    })
    this.#places = new KeptPlaces({
      ...options,
      kept,
      members: () => this.members(),
      ownRecord: () => this.#records.get(identity.peer),
      ownAddresses: () => this.#addresses.list,
      registry: () => this.#session.registry,
    })
    this.#reaching = new Reaching({
      ...options,
      identity,
      allowed: this.#allowed,
      members: () => this.members(),
      membership: () => kept.current,
      ownAddresses: () => this.#addresses.list,
      onChange: () => this.#tellAll(),
    })
    this.#gossip = new Gossip({
      ...options,
      identity,
      starts: kept.current.starts,
      linkTo: (peer) => this.linkTo(peer),
      body: () => bodyOf(options, this.#reaching.addresses(), this.#records.get(identity.peer)),
      onChange: () => this.#tell(),
      onRefused(by) {
        log.warn({ peer: by }, 'cluster.refused')
        onEvent('cluster.refused', { node: by })
      },
    })
    this.#joining = new Joining({
      client: this.#reaching.client,
      clock,
      self: identity.peer,
      find: () => findOthers(kept.current.clusterId, options),
      wish: () => wishOf(options, this.#addresses.list),
      onAdmitted: ({ clusterId, holder, members }) =>
        this.#switchTo({ clusterId, holder, contacts: members }),
    })
    this.changes = clusterChanges({
      self: identity.peer,
      session: () => this.#session,
      untilCopy: (isSo) => this.#untilCopy(isSo),
    })
  }

  async start(): Promise<void> {
    this.routes.add(gossipPath, this.#gossip.answer)
    this.#session = await this.#open()
    this.#follow()
    await this.#listen()
    await sweepOthers(this.#kept.current, { ...this.#options, identity: this.#identity })
  }

  addresses(): readonly string[] {
    return this.#addresses.list.map((address) => `${address}/p2p/${this.self.peer}`)
  }

  status(): ClusterStatus {
    return statusOf(this.#session, this.#gossip.isRefused, this.#joining.pending)
  }

  members(): readonly ClusterMember[] {
    this.#members ??= this.#viewMembers()
    return this.#members
  }

  heardMs(peer: PeerId): number | undefined {
    return peer === this.self.peer ? this.#options.clock.wallMs() : this.#gossip.heardMs(peer)
  }

  waiting() {
    return recordsByPeer(this.#session.copy.read(keys.pending).entries, readWaiting)
  }

  tokens() {
    return tokenRecords(this.#session.copy.read(keys.tokens).entries)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async join(targets: readonly PeerAddress[], token: string | undefined) {
    const { peer } = this.self
    // One that was removed may believe that it is a member still.
    const others = this.#gossip.isRefused ? [] : this.members().filter(({ isSelf }) => !isSelf)
    const member = memberAmong(targets, peer, others)
    if (member !== undefined) return { outcome: 'admitted', clockOffMs: 0, member } as const
    const joined = await this.#joining.ask(targets, token)
    const isRecorded = () => this.#records.get(peer) !== undefined
    if (joined.outcome === 'admitted') await this.#untilCopy(isRecorded)
    return joined
  }

  async leave(): Promise<{ isTold: boolean }> {
    const { peer } = this.self
    const count = this.members().length - 1
    if (this.#session.holder === peer && count > 0) throw new OdError('OD_LEAVE_HOLDER', { count })
    const isTold = await this.#session.registry.leave(peer).then(
      () => true,
      () => false,
    )
    await this.#switchTo(clusterOfOne(peer, this.#options.random))
    return { isTold }
  }

  async stop(drainMs: number): Promise<void> {
    this.#joining.stop()
    this.#addresses.stop()
    this.#places.stop()
    this.#gossip.stop()
    this.#reaching.close()
    await this.#session.close() // which ends what others watch in it: that has no end of its own
    await this.#server.stop(drainMs)
    await this.#reaching.client.stop()
  }

  /** Not before there is something that can answer. */
  async #listen(): Promise<void> {
    const { clock, log } = this.#options
    this.#server = await listenForLinks({
      ...this.#options,
      identity: this.#identity,
      members: this.#allowed,
      onTunnel: this.#reaching.hub.take,
      onRequest: (peer, request, response) => {
        if (this.#session.serve?.(request, response) === true) return
        this.routes.answer(peer, request, response)
      },
      onJoin: joinAnswerer({
        clock,
        log,
        self: this.self,
        registry: () => this.#session.registry,
        cluster: () => ({ ...this.#kept.current, members: this.members() }),
        untilMember: (peer) => this.#untilCopy(() => this.#records.has(peer)),
      }),
    }).catch(async (error: unknown) => {
      this.#gossip.stop()
      await this.#session.close()
      throw error
    })
    this.#addresses.watch(() => this.#server.addresses())
    this.#reaching.start(this.#server, this.routes)
  }

  #open(): Promise<Session> {
    const { name, role, labels } = this.#options
    const addresses = [...this.#addresses.list]
    return openSession(this.#kept.current, {
      ...this.#options,
      identity: this.#identity,
      first: { name, role, labels, addresses, isDraining: false },
      linkTo: (peer) => ({
        dispatch: (...parameters) => this.linkTo(peer).dispatch(...parameters), // at its newest address
      }),
      onChange: () => this.#follow(),
    })
  }

  /** The file decides; what is open of the cluster before ends after it. */
  async #switchTo(next: Omit<Membership, 'starts'>): Promise<void> {
    const before = this.#session
    await this.#kept.replace(next)
    await before.close() // a database is one owner's at a time
    this.#session = await this.#open()
    this.#follow()
    await sweepOthers(this.#kept.current, { ...this.#options, identity: this.#identity })
    const facts = { cluster: next.clusterId, holder: next.holder }
    this.#options.log.info(facts, 'cluster.changed')
    this.#options.onEvent('cluster.changed', facts)
  }

  /** Takes over who is a member from the copy of the store. */
  #follow(): void {
    const membership = this.#kept.current
    if (this.#session?.clusterId !== membership.clusterId) return // not open yet
    const before = this.#records
    const copied = this.#session.copy.read(keys.members)
    this.#records = memberRecords(copied, membership, this.self.peer)
    this.#allowed.replace(this.#records.keys())
    this.#gossip.setMembers(before.keys(), this.#records)
    this.#reaching.changed()
    this.#tellAll()
  }

  #tellAll(): void {
    this.changed()
    this.#tell()
  }

  #tell(): void {
    this.#members = undefined
    this.#reaching.forgetLinks()
    this.#places.look()
    for (const listener of this.#listeners) listener()
  }

  #viewMembers(): ClusterMember[] {
    const soft = this.#gossip.views()
    const { contacts } = this.#kept.current
    const common = { self: this.self, ownAddresses: this.#reaching.addresses(), contacts }
    return [...this.#records].map(([peer, record]) =>
      memberView(peer, record, { ...common, soft: soft.get(peer) }),
    )
  }

  #untilCopy(isSo: () => boolean): Promise<void> {
    const { clock } = this.#options
    return untilSo(isSo, { clock, timeoutMs: copyMs, onChange: (tell) => this.onChange(tell) })
  }
}
