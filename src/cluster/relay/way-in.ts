/** How others get to this node: by dialling it, or through members that pass connections on. Asks, decides, and parks. */
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../sys/clock.ts'
import { formatMultiaddress, type Multiaddress, type PeerId } from '../identity/index.ts'
import { callLink, type Link, type LinksClient } from '../links/index.ts'
import { dialBackPath, dialBackQuestion, readTestimony } from './dial-back.ts'
import { HiddenNode } from './hidden-node.ts'
import { type RelayLimits, relayLimits } from './limits.ts'
import { dueWitnesses, needsRelay, type Testimony, type Witnesses } from './reachability.ts'

/** A member that this one may ask, or use as a relay. */
export interface OtherMember {
  readonly peer: PeerId
  /** Where it listens itself; none when it cannot be dialled. */
  readonly addresses: readonly Multiaddress[]
}

export interface WayInOptions {
  readonly self: PeerId
  readonly client: Pick<LinksClient, 'connect'>
  readonly linkTo: (peer: PeerId) => Link
  /** Where this node tells everyone that it listens. */
  readonly ownAddresses: () => readonly Multiaddress[]
  /** All ways to a member that are known here. */
  readonly waysTo: (peer: PeerId) => readonly Multiaddress[]
  /** Those that live, in the order of preference. */
  readonly members: () => readonly OtherMember[]
  readonly accept: (stream: TLSSocket) => void
  readonly clock: Clock
  /** Hears when `circuits` are others. */
  readonly onChange: () => void
  readonly limits?: Partial<RelayLimits>
}

/** Between two looks at who is to be asked. */
const lookMs = 1_000
/** Addresses of one relay that are told. */
const addressesPerRelayMax = 2
const answerBytesMax = 1_024

export class WayIn {
  readonly #options: WayInOptions
  readonly #limits: RelayLimits
  readonly #hidden: HiddenNode
  readonly #asking = new Set<PeerId>()
  /** As they were seen last: what is known of members has what `circuits` gives in it. */
  #others: readonly OtherMember[] = []
  #witnesses: Witnesses = new Map()
  /** Grows when this node's addresses change: what is said of the old ones counts no more. */
  #era = 0
  #doubtSinceMs: number | undefined
  #cancel = () => {}
  #isStopped = false

  constructor(options: WayInOptions) {
    this.#options = options
    this.#limits = { ...relayLimits, ...options.limits }
    this.#hidden = new HiddenNode({ ...options, addressesOf: options.waysTo })
  }

  /** Looks now and from time to time. */
  start(): void {
    this.look()
    if (!this.#isStopped) this.#cancel = this.#options.clock.after(lookMs, () => this.start())
  }

  /** Under these others reach this node through members. */
  circuits(): readonly string[] {
    const { self } = this.#options
    return this.#hidden.relays().flatMap((relay) => {
      return this.#addressesOf(relay)
        .slice(0, addressesPerRelayMax)
        .map((address) => formatMultiaddress({ ...address, peer: self, relay }))
    })
  }

  /** This node's own addresses are others: nobody has tried those yet. */
  moved(): void {
    this.#era++
    this.#witnesses = new Map()
    this.#asking.clear()
    this.#doubtSinceMs = undefined
    this.look()
  }

  /** To be called when members, or what is known of them, may be others. */
  look(): void {
    if (this.#isStopped) return
    const { members, clock } = this.#options
    this.#others = members()
    const peers = this.#others.map(({ peer }) => peer)
    const { ask, kept } = dueWitnesses(this.#witnesses, peers, clock.nowMs(), this.#limits)
    this.#witnesses = kept
    for (const peer of ask) void this.#ask(peer)
    this.#decide()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel()
    this.#hidden.stop()
  }

  #addressesOf(relay: PeerId): readonly Multiaddress[] {
    return this.#others.find(({ peer }) => peer === relay)?.addresses ?? []
  }

  #decide(): void {
    const others = this.#others
    const { clock } = this.#options
    const nowMs = clock.nowMs()
    if (others.length === 0 || !needsRelay(this.#witnesses)) {
      this.#doubtSinceMs = undefined
      return this.#hidden.use([])
    }
    this.#doubtSinceMs ??= nowMs
    const isSure = [...this.#witnesses.values()].some(({ said }) => said === 'not-reached')
    if (!isSure && nowMs - this.#doubtSinceMs < this.#limits.doubtMs) return
    const relays = others.filter(({ addresses }) => addresses.length > 0)
    this.#hidden.use(relays.map(({ peer }) => peer))
  }

  async #ask(peer: PeerId): Promise<void> {
    if (this.#asking.has(peer)) return
    this.#asking.add(peer)
    const era = this.#era
    const said = await this.#testimonyOf(peer)
    if (era !== this.#era || this.#isStopped) return
    this.#asking.delete(peer)
    const atMs = this.#options.clock.nowMs()
    this.#witnesses = new Map([...this.#witnesses, [peer, { said, atMs }]])
    this.#decide()
  }

  async #testimonyOf(peer: PeerId): Promise<Testimony> {
    const { linkTo, clock, ownAddresses } = this.#options
    const { dialBackMs } = this.#limits
    const call = {
      peer,
      method: 'POST',
      path: dialBackPath,
      body: dialBackQuestion(ownAddresses()),
      timeoutMs: dialBackMs * 2,
      answerBytesMax,
    } as const
    return await callLink(linkTo(peer), call, clock).then(
      ({ status, body }) => readTestimony(status, body),
      () => 'unknown', // it could not be asked, and says nothing about this node
    )
  }
}
