import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { Random } from '../../sys/random.ts'
import type { StateLimits } from '../limits.ts'
import type { Carrier } from './exchange.ts'

export interface RemoteStoreOptions {
  readonly carrier: Carrier
  /** Of the serving node as the carrier knows it, for example `https://12D3K…`. */
  readonly origin: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** `stateLimits` when absent. */
  readonly limits?: StateLimits
}

/** What asking needs. */
export interface ClientParts extends RemoteStoreOptions {
  readonly limits: StateLimits
  /** Fires when the store is closed. */
  readonly closing: AbortSignal
}
