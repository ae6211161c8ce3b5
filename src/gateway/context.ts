import type { Router } from '../routing/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import type { Listener } from '../wire/http/admission.ts'
import type { GatewayLimits } from './limits.ts'
import type { Management } from './management.ts'
import type { Pools } from './pools.ts'
import type { Engines, OwnModels } from './ports.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Route } from './routes.ts'
import type { Spool } from './spool/spool.ts'

/** What every request of one gateway shares. */
export interface GatewayContext {
  readonly nodeId: string
  readonly engines: Engines
  readonly management: Management
  readonly ownModels: OwnModels
  /** Every route of this gateway, those of the management API among them. */
  readonly routes: readonly Route[]
  /** Each ends one stream of events that has no end of its own; called when the gateway stops. */
  readonly feeds: Set<() => void>
  readonly pools: Pools
  readonly limits: GatewayLimits
  /** Where long bodies lie until they are answered. */
  readonly spool: Spool
  /** Layers on the GPU for engines that are not ours; -1 leaves it to them. */
  readonly gpuLayers: number
  /** Whether models of Ollama's cloud, and the account of this node's Ollama, may be used. */
  readonly acceptsCloud: boolean
  /** Monotonic time at which the death of an engine was last noticed, by its id. */
  readonly deaths: Map<string, number>
  /** Where it listens, against which senders are checked. */
  readonly listener: Listener
  readonly clock: Clock
  readonly log: Log
  readonly router: Router
  readonly retries: RetryBudget
  /** A fresh request id. */
  readonly newId: () => string
  /** True once the gateway drains: what still comes on open connections is refused. */
  readonly isStopping: () => boolean
}
