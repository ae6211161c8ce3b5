/** Keeps reading below a rate, so that what else the disk and this process have to do goes on. */
import type { Clock } from '../../sys/clock.ts'
import { pause } from '../tries.ts'

/** Waits shorter than this cost more than they spare. */
const waitMsMin = 20

export class Pace {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  readonly #startMs: number
  #bytes = 0

  /** 0 bytes a second: as fast as it goes. */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
    this.#startMs = clock.nowMs()
  }

  /** To be told of what was read; resolves when more may be. Rejects with the signal's reason. */
  async spent(bytes: number, signal: AbortSignal): Promise<void> {
    this.#bytes += bytes
    if (this.#bytesPerSecond === 0) return
    const dueMs = this.#startMs + (this.#bytes / this.#bytesPerSecond) * 1000
    const waitMs = dueMs - this.#clock.nowMs()
    if (waitMs >= waitMsMin) await pause(this.#clock, waitMs, signal)
  }
}
