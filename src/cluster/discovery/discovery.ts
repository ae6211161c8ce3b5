/** Announces this node in the LANs that it is on, and hears of others there (RFC 6762, RFC 6763). */
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import { type Multicast, openMulticast } from '../../sys/multicast.ts'
import type { Random } from '../../sys/random.ts'
import type { PeerId } from '../identity/index.ts'
import { type FoundNode, FoundNodes } from './found-nodes.ts'
import { limits } from './limits.ts'
import { type Announcement, readPacket, writeAnswer, writeQuestion } from './record.ts'

interface Finding {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

interface Announcing {
  readonly self: PeerId
  /** What this node says of itself now, in the network where this is its address; undefined to say nothing there. */
  readonly announce: (address: string) => Announcement | undefined
}

export interface DiscoveryOptions extends Finding, Announcing {}

/** Does not keep the process alive. */
export interface Discovery {
  /** Who was heard lately, this node left out. */
  found(): readonly FoundNode[]
  /** Calls `listener` when that is another. Returns what ends it. */
  onFound(listener: () => void): () => void
  /** What this node says of itself is another: it says so at once. */
  changed(): void
  /** Says goodbye, and ends. */
  stop(): void
}

/** Multicast DNS (RFC 6762 §3). */
const place = { group: '224.0.0.251', port: 5353 } as const

/** Never throws: where multicast cannot be, there is one line in the log, and nobody is found. */
export function startDiscovery(options: DiscoveryOptions): Discovery {
  return new DiscoveryService({ ...options, isAwaited: false })
}

/**
 * Who is in the LAN, from what is heard within `timeoutMs`; for who does not announce itself. Who has just answered others
 * answers again a second later: below 1,500 ms some are missed.
 */
export function findOnce(timeoutMs: number, options: Finding): Promise<readonly FoundNode[]> {
  const discovery = new DiscoveryService({ ...options, isAwaited: true })
  return new Promise((resolve) => {
    options.clock.after(timeoutMs, () => {
      resolve(discovery.found())
      discovery.stop()
    })
  })
}

interface ServiceOptions extends Finding, Partial<Announcing> {
  readonly isAwaited: boolean
}

class DiscoveryService implements Discovery {
  readonly #options: ServiceOptions
  readonly #multicast: Multicast
  readonly #nodes = new FoundNodes()
  readonly #listeners = new Set<() => void>()
  /** When the newest answer goes, or went, into a network. */
  readonly #answerAtMs = new Map<string, number>()
  #askMs: number = limits.askMs
  #cancelAsk = () => {}
  #hasTrouble = false
  #isStopped = false

  constructor(options: ServiceOptions) {
    const { clock, log, isAwaited } = options
    this.#options = options
    this.#multicast = openMulticast({
      ...place,
      clock,
      isAwaited,
      onPacket: (bytes, from) => this.#take(bytes, from),
      onPlace: (address) => {
        this.#announce(address)
        this.#multicast.send(address, writeQuestion())
      },
      onTrouble: (reason) => {
        if (this.#hasTrouble) return
        this.#hasTrouble = true
        log.warn({ reason }, 'discovery.unavailable')
      },
    })
    this.#askLater()
  }

  found(): readonly FoundNode[] {
    return this.#nodes.list(this.#options.clock.nowMs())
  }

  onFound(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  changed(): void {
    for (const address of this.#multicast.places()) this.#announce(address)
  }

  stop(): void {
    this.#cancelAsk()
    for (const address of this.#multicast.places()) this.#announce(address, 0)
    this.#isStopped = true
    this.#multicast.stop()
  }

  #askLater(): void {
    this.#cancelAsk = this.#options.clock.after(this.#askMs, () => {
      for (const address of this.#multicast.places()) {
        this.#multicast.send(address, writeQuestion())
      }
      this.#askMs = Math.min(this.#askMs * 2, limits.askMsMax)
      this.#askLater()
    })
  }

  #take(bytes: Uint8Array, from: { address: string; port: number }): void {
    const read = readPacket(bytes)
    if (read === undefined) return
    if (read === 'question') return this.#answerSoon()
    if (from.port !== place.port) return // no answer of multicast DNS (RFC 6762 §6)
    const nowMs = this.#options.clock.nowMs()
    const heard = read.filter(({ peer }) => peer !== this.#options.self)
    const changes = heard.map((node) => this.#nodes.hear(node, from.address, nowMs))
    if (changes.includes(true)) for (const tell of this.#listeners) tell()
  }

  #answerSoon(): void {
    const { clock, random } = this.#options
    const nowMs = clock.nowMs()
    for (const address of this.#multicast.places()) {
      const newestMs = this.#answerAtMs.get(address)
      if (newestMs !== undefined && newestMs > nowMs) continue // it answers this question too
      const earliestMs = newestMs === undefined ? nowMs : newestMs + limits.answerMs
      const atMs = Math.max(nowMs, earliestMs) + random.number() * limits.spreadMs
      this.#answerAtMs.set(address, atMs)
      clock.after(atMs - nowMs, () => this.#announce(address))
    }
  }

  #announce(address: string, timeToLiveMs?: number): void {
    const self = this.#options.announce?.(address)
    if (self !== undefined && !this.#isStopped) {
      this.#multicast.send(address, writeAnswer(self, address, timeToLiveMs))
    }
  }
}
