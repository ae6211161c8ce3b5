import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../sys/clock.ts'
import type { PeerId } from '../identity/index.ts'
import type { RelayLimits } from './limits.ts'

type Bounds = Pick<RelayLimits, 'parkedPerNodeMax' | 'parkedMax' | 'waitingPerNodeMax'>

interface Parked {
  readonly stream: TLSSocket
  /** Its owner may speak from now on. */
  readonly release: () => void
}

interface OfNode {
  /** In the order in which they came. */
  readonly streams: Parked[]
  /** Who waits for one, the first who came first. */
  readonly waiting: Set<(stream: TLSSocket) => void>
}

/** Streams that hidden nodes keep open to this one and that nobody uses yet. */
export class ParkedStreams {
  readonly #bounds: Bounds
  readonly #clock: Clock
  readonly #nodes = new Map<PeerId, OfNode>()
  #count = 0
  #isClosed = false

  constructor(bounds: Bounds, clock: Clock) {
    this.#bounds = bounds
    this.#clock = clock
  }

  count(peer: PeerId): number {
    return this.#nodes.get(peer)?.streams.length ?? 0
  }

  hasRoom(peer: PeerId): boolean {
    const { parkedMax, parkedPerNodeMax } = this.#bounds
    return !this.#isClosed && this.#count < parkedMax && this.count(peer) < parkedPerNodeMax
  }

  /** Keeps it until it is taken or breaks. What it says before it is called breaks it. */
  add(peer: PeerId, stream: TLSSocket): void {
    const node = this.#of(peer)
    for (const give of node.waiting) return give(stream)
    const spoke = (): void => {
      if (stream.read() !== null) stream.destroy()
    }
    const gone = () => void stream.destroy()
    stream.on('readable', spoke).once('end', gone)
    node.streams.push({ stream, release: () => stream.off('readable', spoke).off('end', gone) })
    this.#count++
    stream.once('close', () => this.#remove(peer, stream))
  }

  /** The newest one, which is the likeliest to live, or the next to come; undefined when none comes until then, or too many wait already. */
  takeBefore(peer: PeerId, untilMs: number): Promise<TLSSocket | undefined> {
    const node = this.#of(peer)
    const newest = node.streams.at(-1)?.stream
    if (newest !== undefined) {
      this.#remove(peer, newest)
      return Promise.resolve(newest)
    }
    return new Promise((resolve) => {
      const settle = (stream: TLSSocket | undefined): void => {
        cancel()
        node.waiting.delete(settle)
        this.#tidy(peer, node)
        resolve(stream)
      }
      const cancel = this.#clock.after(untilMs - this.#clock.nowMs(), () => settle(undefined))
      if (node.waiting.size >= this.#bounds.waitingPerNodeMax) return settle(undefined)
      node.waiting.add(settle)
    })
  }

  /** Ends them, and takes none from here on. */
  close(): void {
    this.#isClosed = true
    for (const { streams } of this.#nodes.values()) {
      for (const { stream } of streams) stream.destroy()
    }
  }

  #remove(peer: PeerId, stream: TLSSocket): void {
    const node = this.#nodes.get(peer)
    const at = node?.streams.findIndex((parked) => parked.stream === stream) ?? -1
    if (node === undefined || at < 0) return
    for (const { release } of node.streams.splice(at, 1)) release()
    this.#count--
    this.#tidy(peer, node)
  }

  #of(peer: PeerId): OfNode {
    const node = this.#nodes.get(peer) ?? { streams: [], waiting: new Set() }
    this.#nodes.set(peer, node)
    return node
  }

  #tidy(peer: PeerId, { streams, waiting }: OfNode): void {
    if (streams.length === 0 && waiting.size === 0) this.#nodes.delete(peer)
  }
}
