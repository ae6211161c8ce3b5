import type { EngineView } from '../core/engine.ts'
import type { Strategy } from '../core/strategy.ts'
import type { Clock } from '../sys/clock.ts'
import type { Hardware } from '../sys/hardware.ts'
import type { Random } from '../sys/random.ts'
import type { ClusterActions } from './cluster.ts'
import type { EngineActions } from './engine-actions.ts'
import type { EventLog } from './events/event-log.ts'
import type { ModelActions } from './model-actions.ts'
import type { NodeStatus } from './node-status.ts'
import type { Operations } from './operations/operations.ts'

/** Where the management API looks; each is asked anew for every answer. `node/` provides it. */
export interface AdminSources {
  readonly engines: () => readonly EngineView[]
  /** Asks the engines for their lists unless they are younger than that. */
  readonly refresh: (maxAgeMs: number) => Promise<void>
  readonly node: () => NodeStatus
  /** Measures this machine; takes up to some seconds. */
  readonly hardware: () => Promise<Hardware>
  readonly engineActions: EngineActions
  readonly modelActions: ModelActions
  readonly cluster: ClusterActions
  /** Undefined for an engine that this node did not start. */
  readonly engineLog: (engineId: string) => EngineLog | undefined
  readonly operations: Operations
  readonly strategy: StrategySwitch
  readonly events: EventLog
  readonly clock: Clock
  readonly random: Random
}

/** What an engine wrote to its standard output and standard error. */
export interface EngineLog {
  /** The newest lines, oldest first; none when it wrote nothing yet. */
  tail(linesMax: number): Promise<readonly string[]>
  /** Hears of every line from now on. Returns what ends it. */
  follow(onLine: (line: string) => void): () => void
}

/** How engines are chosen for requests. */
export interface StrategySwitch {
  now(): Strategy
  /** Throws `OD_STRATEGY_UNKNOWN`, which lists the names. */
  use(name: string): void
}
