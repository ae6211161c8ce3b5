/** The relay's side: streams that hidden members keep open to this node, and members that want to reach those. */
import type { TLSSocket } from 'node:tls'
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import { type PeerId, parsePeerId } from '../identity/index.ts'
import { circuitPath, type TunnelWish } from '../links/index.ts'
import { joinStreams } from './join-streams.ts'
import { type RelayLimits, relayLimits } from './limits.ts'
import { ParkedStreams } from './parked-streams.ts'
import { wake } from './wake.ts'

/** Where a hidden node parks a stream. */
export const parkPath = '/link/v1/relay/park'

export interface RelayHubOptions {
  readonly self: PeerId
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<RelayLimits>
}

/**
 * Who asks is a member: links see to that, and cut the connections of one that is removed, whereupon what they were joined
 * with ends too.
 */
export class RelayHub {
  readonly #self: PeerId
  readonly #clock: Clock
  readonly #log: Log
  readonly #limits: RelayLimits
  readonly #parked: ParkedStreams
  /** Streams in use, by who dialled and whom. */
  readonly #inUse = new Map<string, number>()
  #inUseCount = 0

  constructor({ self, clock, log, limits = {} }: RelayHubOptions) {
    this.#self = self
    this.#clock = clock
    this.#log = log
    this.#limits = { ...relayLimits, ...limits }
    this.#parked = new ParkedStreams(this.#limits, clock)
  }

  /** Lets nobody come through any more; streams that are in use go on. */
  close(): void {
    this.#parked.close()
  }

  /** Streams that wait here, of one node. */
  parkedBy(peer: PeerId): number {
    return this.#parked.count(peer)
  }

  /** Streams that are passed on at this moment. */
  get inUse(): number {
    return this.#inUseCount
  }

  /** Takes what members ask for. */
  readonly take = (peer: PeerId, wish: TunnelWish): void => {
    if (wish.path === parkPath) return this.#park(peer, wish)
    const wanted = wish.path.startsWith(circuitPath)
      ? parsePeerId(wish.path.slice(circuitPath.length))
      : undefined
    if (wanted === undefined) return wish.refuse(404, 'this node has no such route')
    void this.#passOn(peer, wanted, wish)
  }

  /** A stream to a node that has parked one here, for this node itself. Rejects with OD_LINK_TUNNEL_REFUSED. */
  readonly open = async (peer: PeerId): Promise<TLSSocket> => {
    const { stream, release } = await this.#wakeOne(this.#self, peer)
    stream.allowHalfOpen = true
    return stream.once('close', release)
  }

  #park(peer: PeerId, wish: TunnelWish): void {
    if (!this.#parked.hasRoom(peer)) return wish.refuse(429, 'enough streams are parked')
    wish.accept()
    this.#parked.add(peer, wish.stream)
  }

  async #passOn(from: PeerId, to: PeerId, wish: TunnelWish): Promise<void> {
    try {
      const { stream, release } = await this.#wakeOne(from, to)
      if (wish.stream.destroyed) {
        release()
        return void stream.destroy()
      }
      wish.accept()
      const { idleMs } = this.#limits
      joinStreams(wish.stream, stream, { idleMs, clock: this.#clock, onEnd: release })
    } catch (error) {
      const reason = error instanceof OdError ? String(error.parameters['reason']) : 'it failed'
      this.#log.debug({ from, to, reason }, 'relay.refused')
      wish.refuse(503, reason)
    }
  }

  /** A stream whose other side has just answered; `release` is called when it is over. */
  async #wakeOne(
    from: PeerId,
    to: PeerId,
  ): Promise<{ readonly stream: TLSSocket; readonly release: () => void }> {
    const release = this.#claim(from, to)
    try {
      const untilMs = this.#clock.nowMs() + this.#limits.waitMs
      for (;;) {
        const stream = await this.#parked.takeBefore(to, untilMs)
        if (stream === undefined) throw this.#refusal('no stream of that node is here')
        if (await wake(stream, { clock: this.#clock, wakeMs: this.#limits.wakeMs })) {
          return { stream, release }
        }
      }
    } catch (error) {
      release()
      throw error
    }
  }

  #claim(from: PeerId, to: PeerId): () => void {
    const { streamsPerPairMax, streamsMax } = this.#limits
    const pair = `${from} ${to}`
    const ofPair = this.#inUse.get(pair) ?? 0
    if (ofPair >= streamsPerPairMax || this.#inUseCount >= streamsMax) {
      throw this.#refusal('too many streams are passed on')
    }
    this.#inUse.set(pair, ofPair + 1)
    this.#inUseCount++
    return () => {
      const left = (this.#inUse.get(pair) ?? 1) - 1
      if (left === 0) this.#inUse.delete(pair)
      else this.#inUse.set(pair, left)
      this.#inUseCount--
    }
  }

  #refusal(reason: string): OdError {
    return new OdError('OD_LINK_TUNNEL_REFUSED', { peer: this.#self, reason })
  }
}
