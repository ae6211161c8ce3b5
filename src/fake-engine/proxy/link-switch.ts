import { type Random, seededRandom } from '../../sys/random.ts'
import { abortable } from '../abortable.ts'
import type { Direction, LinkFaults } from './link-faults.ts'

/** The faults as they are switched now, and who waits for a switch. */
export class LinkSwitch {
  #faults: LinkFaults = {}
  #chance: Random = seededRandom(0)
  readonly #waiting = new Set<() => void>()

  get now(): LinkFaults {
    return this.#faults
  }

  /** Replaces all faults. They hold for open connections, too; bytes that are on their way keep their delay. */
  set(faults: LinkFaults): void {
    this.#faults = faults
    this.#chance = seededRandom(faults.delay?.seed ?? 0)
    for (const wake of this.#waiting) wake()
  }

  /** How long a byte that comes in now is on its way. */
  delayMs(): number {
    const { ms = 0, jitterMs = 0 } = this.#faults.delay ?? {}
    return ms + (jitterMs === 0 ? 0 : this.#chance.number() * jitterMs)
  }

  isStalled(direction: Direction): boolean {
    return this.#faults.stall === 'both' || this.#faults.stall === direction
  }

  /** Waits until this direction is not stalled. Throws `Gone`. */
  async untilOpen(direction: Direction, signal: AbortSignal): Promise<void> {
    while (this.isStalled(direction)) {
      await abortable(signal, (resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
        return () => void this.#waiting.delete(wake)
      })
    }
  }
}
