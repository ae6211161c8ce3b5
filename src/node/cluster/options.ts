import type { timings } from '../../cluster/soft-state/index.ts'
import type { Role } from '../../core/role.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { Random } from '../../sys/random.ts'

/** What a node's share in a cluster depends on. */
export interface ClusterOptions {
  readonly dataDir: string
  readonly stateDir: string
  /** What people call this node. */
  readonly name: string
  readonly role: Role
  readonly labels: Readonly<Record<string, string>>
  readonly version: string
  /** Milliseconds since 1970 at which this node was started. */
  readonly startedMs: number
  /** Address at which it listens for links; every one of the machine when empty. */
  readonly listen: string
  readonly port: number
  /** True when nobody chose the port, so that another one does where it is taken. */
  readonly isUsualPort: boolean
  readonly timing: keyof typeof timings
  /** Tells the LAN that it is there. */
  readonly discovery: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** What other parts of this node want to be told to the members. */
  readonly extra: () => object
  /** Hears of what people should know. */
  readonly onEvent: (type: string, data: object) => void
}
