import type { Clock } from '../../sys/clock.ts'
import type { PeerId } from '../identity/index.ts'
import { limits } from './limits.ts'

interface Silence {
  /** Requests of which nothing has been heard yet. */
  waiting: number
  /** When something was heard last, or the first of them was sent. Monotonic. */
  sinceMs: number
  cancel: () => void
}

/**
 * Nodes that requests are on their way to and that say nothing. An engine may take minutes to begin an answer, but so may a
 * link on which one direction is cut: what was sent over a connection that was there before is then waited for until TCP gives
 * up, a quarter of an hour later, and gossip by way of others calls the node alive. So it is asked something small.
 */
export class Silences {
  readonly #clock: Clock
  readonly #onSilent: (peer: PeerId) => void
  readonly #silences = new Map<PeerId, Silence>()

  constructor(clock: Clock, onSilent: (peer: PeerId) => void) {
    this.#clock = clock
    this.#onSilent = onSilent
  }

  /** A request is sent. To be called with true when its answer begins, with false when it ends without; once. */
  sent(peer: PeerId): (isHeard: boolean) => void {
    const silence = this.#silences.get(peer) ?? this.#begin(peer)
    silence.waiting++
    return (isHeard) => {
      silence.waiting--
      if (isHeard) silence.sinceMs = this.#clock.nowMs()
      if (silence.waiting > 0) return
      silence.cancel()
      this.#silences.delete(peer)
    }
  }

  stop(): void {
    for (const { cancel } of this.#silences.values()) cancel()
  }

  #begin(peer: PeerId): Silence {
    const silence: Silence = { waiting: 0, sinceMs: this.#clock.nowMs(), cancel: () => {} }
    this.#silences.set(peer, silence)
    this.#lookAfter(peer, silence, limits.silenceMs)
    return silence
  }

  /** One timer for each node, whatever is sent there: it looks how long it has been. */
  #lookAfter(peer: PeerId, silence: Silence, delayMs: number): void {
    silence.cancel = this.#clock.after(delayMs, () => {
      const leftMs = silence.sinceMs + limits.silenceMs - this.#clock.nowMs()
      if (leftMs <= 0) this.#onSilent(peer)
      this.#lookAfter(peer, silence, leftMs > 0 ? leftMs : limits.longestLookMs)
    })
  }
}
