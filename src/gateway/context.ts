import type { Router } from '../routing/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import type { Listener } from '../wire/http/admission.ts'
import type { GatewayLimits } from './limits.ts'
import type { Pools } from './pools.ts'
import type { Engines } from './ports.ts'
import type { Reports } from './reports.ts'

/** What every request of one gateway shares. */
export interface GatewayContext {
  readonly nodeId: string
  readonly engines: Engines
  readonly reports: Reports
  readonly pools: Pools
  readonly limits: GatewayLimits
  /** Layers on the GPU for engines that are not ours; -1 leaves it to them. */
  readonly gpuLayers: number
  /** Monotonic time at which the death of an engine was last noticed, by its id. */
  readonly deaths: Map<string, number>
  /** Where it listens, against which senders are checked. */
  readonly listener: Listener
  readonly clock: Clock
  readonly log: Log
  readonly router: Router
  /** A fresh request id. */
  readonly newId: () => string
  /** True once the gateway drains: what still comes on open connections is refused. */
  readonly isStopping: () => boolean
}
