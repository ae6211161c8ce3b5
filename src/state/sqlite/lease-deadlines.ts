/** When leases end. The clock is this process's monotonic one; after a restart of the store all begin anew. */
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Lease, LeaseId } from '../port.ts'

export interface LeaseDeadlinesOptions {
  readonly clock: Clock
  /** Ends a lease in the database; rejects when that failed. */
  readonly end: (lease: LeaseId) => Promise<void>
  /** After a failure it is tried again after so long. */
  readonly retryMs: number
}

export class LeaseDeadlines {
  readonly #options: LeaseDeadlinesOptions
  readonly #running = new Map<LeaseId, { lease: Lease; cancel: () => void }>()
  /** Over, but perhaps still in the database. */
  readonly #ending = new Map<LeaseId, () => void>()

  constructor(options: LeaseDeadlinesOptions) {
    this.#options = options
  }

  /** Starts the time of leases; those that are known run on. */
  start(leases: readonly Lease[]): void {
    for (const lease of leases) {
      const isKnown = this.#running.has(lease.id) || this.#ending.has(lease.id)
      if (!isKnown) this.#arm(lease)
    }
  }

  /** Gives a lease its whole time again. Throws `OD_STATE_LEASE_GONE`. */
  restart(id: LeaseId): Lease {
    const found = this.#running.get(id)
    if (found === undefined) throw new OdError('OD_STATE_LEASE_GONE')
    found.cancel()
    this.#arm(found.lease)
    return found.lease
  }

  /** Ends a lease now. Rejects when the database cannot follow yet; it will, and the lease is over all the same. */
  async end(id: LeaseId): Promise<void> {
    this.#running.get(id)?.cancel()
    this.#running.delete(id)
    this.#ending.get(id)?.()
    this.#ending.set(id, () => undefined)
    try {
      await this.#options.end(id)
      this.#ending.delete(id)
    } catch (error) {
      const { clock, retryMs } = this.#options
      this.#ending.set(
        id,
        clock.after(retryMs, () => this.#expire(id)),
      )
      throw error
    }
  }

  stop(): void {
    for (const { cancel } of this.#running.values()) cancel()
    for (const cancel of this.#ending.values()) cancel()
    this.#running.clear()
    this.#ending.clear()
  }

  #arm(lease: Lease): void {
    const cancel = this.#options.clock.after(lease.ttlMs, () => this.#expire(lease.id))
    this.#running.set(lease.id, { lease, cancel })
  }

  #expire(id: LeaseId): void {
    this.end(id).catch(() => undefined) // it is tried again
  }
}
