/** Soft state over links: what this node says of itself, what it hears of the others, and who refuses it. */
import { type Identity, type PeerId, publicKeyOf } from '../../cluster/identity/index.ts'
import { callLink, type Link } from '../../cluster/links/index.ts'
import {
  type MemberView,
  type SoftStateService,
  startSoftState,
  timings,
} from '../../cluster/soft-state/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Random } from '../../sys/random.ts'
import { gossipHandler, gossipPath, type LinkHandler } from './link-routes.ts'

interface GossipOptions {
  readonly identity: Identity
  /** The number of this start of the node. */
  readonly starts: number
  readonly timing: keyof typeof timings
  readonly clock: Clock
  readonly random: Random
  readonly linkTo: (peer: PeerId) => Link
  /** What this node says of itself now. */
  readonly body: () => object
  /** Hears when what is known of members is another. */
  readonly onChange: () => void
  /** Hears when a member says that this node is none: it was removed and could not be told. */
  readonly onRefused: (by: PeerId) => void
}

/** Between a change of what this node says and its telling: what changes together is told together. */
const publishMs = 100
const packetBytesMax = 128 * 1024

export class Gossip {
  readonly #options: GossipOptions
  readonly #soft: SoftStateService
  readonly #heardMs = new Map<PeerId, number>()
  readonly #take: LinkHandler
  #isRefused = false
  #cancelPublish: (() => void) | undefined

  constructor(options: GossipOptions) {
    const { identity, clock, random, timing } = options
    this.#options = options
    this.#soft = startSoftState({
      self: { node: identity.peer, privateKey: identity.privateKey },
      epoch: options.starts,
      body: options.body(),
      timings: timings[timing],
      clock,
      seed: Math.floor(random.number() * 2 ** 32),
      send: (node, bytes) => this.#send(node as PeerId, bytes),
      onChange: (node) => {
        this.#noteHeard(node as PeerId)
        options.onChange()
      },
    })
    this.#take = gossipHandler(this.#soft)
  }

  /** A member does not take this node for one. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** Takes what a member sends. */
  readonly answer: LinkHandler = (peer, request, response) => {
    this.#noteHeard(peer)
    this.#take(peer, request, response)
  }

  /** Who is heard from now on. */
  setMembers(before: Iterable<PeerId>, now: ReadonlyMap<PeerId, unknown>): void {
    const { peer: self } = this.#options.identity
    const known = new Set(before)
    for (const peer of known) {
      if (now.has(peer) || peer === self) continue
      this.#soft.remove(peer)
      this.#heardMs.delete(peer)
    }
    for (const peer of now.keys()) {
      if (!known.has(peer) && peer !== self) this.#soft.add(peer, publicKeyOf(peer))
    }
    this.#isRefused = false
  }

  views(): ReadonlyMap<string, MemberView> {
    return new Map(this.#soft.members().map((view) => [view.node, view]))
  }

  /** Milliseconds since 1970. */
  heardMs(peer: PeerId): number | undefined {
    return this.#heardMs.get(peer)
  }

  /** What this node says is another; it is told soon. */
  changed(): void {
    this.#cancelPublish ??= this.#options.clock.after(publishMs, () => {
      this.#cancelPublish = undefined
      this.#soft.publish(this.#options.body())
    })
  }

  stop(): void {
    this.#cancelPublish?.()
    this.#soft.stop()
  }

  #noteHeard(peer: PeerId): void {
    this.#heardMs.set(peer, this.#options.clock.wallMs())
  }

  async #send(peer: PeerId, body: Uint8Array): Promise<Uint8Array> {
    const { clock, timing, linkTo } = this.#options
    const call = {
      peer,
      method: 'POST',
      path: gossipPath,
      body,
      timeoutMs: timings[timing].roundMs * 2,
      answerBytesMax: packetBytesMax,
    } as const
    const answer = await callLink(linkTo(peer), call, clock)
    if (answer.status === 200) {
      this.#noteHeard(peer)
      this.#isRefused = false
      return answer.body
    }
    if (answer.status === 403 && !this.#isRefused) {
      this.#isRefused = true
      this.#options.onRefused(peer)
    }
    throw new Error(`the node ${peer} answered ${answer.status}`)
  }
}
