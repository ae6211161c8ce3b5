import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'

/** Why a connection ended with nothing asked: it never sent a byte, or there were too many others. */
export type DropCause = 'silent' | 'overLimit'

/**
 * Counts connections that ended with nothing asked, and writes the counts as one line per `everyMs`: an operator wants to
 * know of a crowd at the door, and a line for each of them would be an attack on the log.
 */
export class DroppedConnections {
  readonly #counts = { silent: 0, overLimit: 0 }
  #cancel: (() => void) | undefined
  readonly #options: { readonly log: Log; readonly clock: Clock; readonly everyMs: number }

  constructor(options: { log: Log; clock: Clock; everyMs: number }) {
    this.#options = options
  }

  count(cause: DropCause): void {
    const { clock, everyMs } = this.#options
    this.#counts[cause]++
    this.#cancel ??= clock.after(everyMs, () => this.flush())
  }

  /** Writes what has been counted now instead of later. */
  flush(): void {
    if (this.#cancel === undefined) return
    this.#cancel()
    this.#cancel = undefined
    const counts = { ...this.#counts }
    Object.assign(this.#counts, { silent: 0, overLimit: 0 })
    // Browsers open connections ahead of need; being full turns real clients away.
    this.#options.log[counts.overLimit > 0 ? 'warn' : 'info'](counts, 'connections.dropped')
  }
}
