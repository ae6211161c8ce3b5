import type { Clock } from '../../sys/clock.ts'
import type { PeerId } from '../identity/index.ts'
import { limits } from './limits.ts'

interface Silence {
  /** Requests of which nothing has been heard yet. */
  waiting: number
  /** And those whose answer has begun. */
  begun: number
  /** When something began last, or the first of those that wait was sent. Monotonic. */
  sinceMs: number
  cancel: () => void
}

/** A request that is out; each may be called again, to no effect. */
export interface SentRequest {
  /** Its answer begins. */
  begun(): void
  /** Nothing more comes of it, or nobody wants it. */
  ended(): void
}

/**
 * Nodes that requests are out to and that begin no answer. An engine may take minutes to begin one, and a stream may pause, but
 * so may a link on which one direction is cut: what was sent over a connection that was there before is then waited for until TCP
 * gives up, a minute or a quarter of an hour later, and gossip by way of others calls the node alive. So it is asked something small.
 */
export class Silences {
  readonly #clock: Clock
  readonly #onSilent: (peer: PeerId) => void
  readonly #silences = new Map<PeerId, Silence>()

  constructor(clock: Clock, onSilent: (peer: PeerId) => void) {
    this.#clock = clock
    this.#onSilent = onSilent
  }

  sent(peer: PeerId): SentRequest {
    const silence = this.#of(peer)
    if (silence.waiting++ === 0) {
      silence.sinceMs = this.#clock.nowMs()
      this.#lookAfter(peer, silence, limits.silenceMs)
    }
    let is: 'waiting' | 'begun' | 'ended' = 'waiting'
    return {
      begun: () => {
        if (is !== 'waiting') return
        is = 'begun'
        silence.waiting--
        silence.begun++
        silence.sinceMs = this.#clock.nowMs()
      },
      ended: () => {
        if (is === 'ended') return
        silence[is]--
        is = 'ended'
        if (silence.waiting + silence.begun > 0) return
        silence.cancel()
        this.#silences.delete(peer)
      },
    }
  }

  stop(): void {
    for (const { cancel } of this.#silences.values()) cancel()
  }

  #of(peer: PeerId): Silence {
    const known = this.#silences.get(peer)
    if (known !== undefined) return known
    const silence: Silence = { waiting: 0, begun: 0, sinceMs: 0, cancel: () => {} }
    this.#silences.set(peer, silence)
    return silence
  }

  /** One timer for each node, whatever is sent there: it looks how long it has been. */
  #lookAfter(peer: PeerId, silence: Silence, delayMs: number): void {
    silence.cancel()
    silence.cancel = this.#clock.after(delayMs, () => {
      const mayBeMs = silence.waiting > 0 ? limits.silenceMs : limits.streamSilenceMs
      const leftMs = silence.sinceMs + mayBeMs - this.#clock.nowMs()
      if (leftMs <= 0) this.#onSilent(peer)
      this.#lookAfter(peer, silence, leftMs > 0 ? leftMs : limits.longestLookMs)
    })
  }
}
