import type { Clock } from '../../sys/clock.ts'
import type { PeerId } from '../identity/index.ts'
import { limits } from './limits.ts'

interface CutOffOptions {
  readonly clock: Clock
  /** True when the node answered over a link. */
  readonly ask: (peer: PeerId) => Promise<boolean>
  readonly onChange: (peer: PeerId, isCutOff: boolean) => void
  /** Hears from time to time of one that is cut off still. */
  readonly onStill: (peer: PeerId) => void
}

interface Look {
  isCutOff: boolean
  looks: number
  /** When somebody heard last that it is cut off. Monotonic. */
  toldMs: number
  cancel: () => void
}

/**
 * Nodes that a request of this node did not reach: it knows so at once, long before soft state does, and perhaps it alone,
 * when only the way between the two is cut. They are asked again and again until they answer.
 */
export class CutOffs {
  readonly #options: CutOffOptions
  readonly #looks = new Map<PeerId, Look>()

  constructor(options: CutOffOptions) {
    this.#options = options
  }

  /** No link came up: nothing more goes there until one does. */
  lost(peer: PeerId): void {
    this.#isCutOff(peer, this.#begin(peer))
  }

  /** A link broke while a request was on it: perhaps the node is gone, perhaps only the engine. */
  doubt(peer: PeerId): void {
    this.#begin(peer)
  }

  /** It is said to be back: looks at once. */
  hurry(peer: PeerId): void {
    const look = this.#looks.get(peer)
    if (look === undefined) return
    this.forget(peer)
    const next = { ...look, looks: 0 }
    this.#looks.set(peer, next)
    void this.#look(peer, next)
  }

  forget(peer: PeerId): void {
    this.#looks.get(peer)?.cancel()
    this.#looks.delete(peer)
  }

  stop(): void {
    for (const peer of this.#looks.keys()) this.forget(peer)
  }

  #begin(peer: PeerId): Look {
    const known = this.#looks.get(peer)
    if (known !== undefined) return known
    const look = { isCutOff: false, looks: 0, toldMs: 0, cancel: () => {} }
    this.#looks.set(peer, look)
    void this.#look(peer, look)
    return look
  }

  async #look(peer: PeerId, look: Look): Promise<void> {
    const isThere = await this.#options.ask(peer)
    if (this.#looks.get(peer) !== look) return // forgotten
    if (isThere) {
      this.#looks.delete(peer)
      if (look.isCutOff) this.#options.onChange(peer, false)
      return
    }
    const pauseMs = Math.min(limits.firstLookMs * 2 ** look.looks, limits.longestLookMs)
    look.looks++
    look.cancel = this.#options.clock.after(pauseMs, () => void this.#look(peer, look))
    this.#isCutOff(peer, look)
  }

  #isCutOff(peer: PeerId, look: Look): void {
    const { clock, onChange, onStill } = this.#options
    const nowMs = clock.nowMs()
    if (look.isCutOff && nowMs - look.toldMs < limits.stillMs) return
    look.toldMs = nowMs
    if (look.isCutOff) return onStill(peer)
    look.isCutOff = true
    onChange(peer, true)
  }
}
