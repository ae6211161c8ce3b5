import type { Clock } from '../../sys/clock.ts'
import type { Answer } from './answer.ts'
import type { FaultSwitch } from './fault-switch.ts'
import type { Journal, Mutable } from './journal.ts'
import type { Library } from './library.ts'
import type { RecordedRequest, TokenStyle } from './options.ts'
import type { Scheduler } from './scheduler.ts'

/** What all handlers share. */
export interface Server {
  readonly clock: Clock
  /** Milliseconds since 1970 with fractions; never steps back. */
  readonly stampMs: () => number
  readonly library: Library
  readonly scheduler: Scheduler
  readonly faults: FaultSwitch
  readonly journal: Journal
  readonly version: string
  readonly answerTokens: number
  readonly tokenIntervalMs: number
  readonly tokens: TokenStyle
  /** Ends the process at once. */
  readonly die: () => void
}

/** One request on its way. */
export interface Call {
  readonly server: Server
  readonly answer: Answer
  readonly body: Buffer
  readonly record: Mutable<RecordedRequest>
  /** Fires when the client leaves. */
  readonly signal: AbortSignal
  readonly startedMs: number
}
