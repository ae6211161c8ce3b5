/** What the store and the thread that has its database say to each other. */
import type { ErrorCode, ErrorParameters } from '../../core/errors/index.ts'
import type { StateLimits } from '../limits.ts'
import type {
  Entry,
  Lease,
  LeaseId,
  Page,
  Position,
  RangeRequest,
  Transaction,
  TransactionOutcome,
  WatchItem,
} from '../port.ts'

export interface DatabasePlace {
  readonly path: string
  readonly limits: StateLimits
  /** For a database that is made. */
  readonly newEpoch: string
}

/** One question; its arguments were checked. */
export type Call =
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'range'; readonly request: RangeRequest }
  | { readonly type: 'transact'; readonly transaction: Transaction }
  | { readonly type: 'changes'; readonly prefix: string; readonly after: Position }
  | { readonly type: 'grant'; readonly lease: Lease }
  | { readonly type: 'endLeases'; readonly leases: readonly LeaseId[] }

/** What each call is answered with. */
export interface Answers {
  readonly get: { readonly entry: Entry | undefined; readonly at: Position }
  readonly range: Page
  readonly transact: TransactionOutcome
  readonly changes: ChangesRead
  readonly grant: Lease
  readonly endLeases: undefined
}

/** A piece of the history. `upTo`: everything of the prefix up to there is in it. */
export interface ChangesRead {
  readonly items: readonly WatchItem[]
  readonly upTo: Position
  readonly hasMore: boolean
}

/** An error that may cross to another thread or node. */
export interface Failure {
  readonly code: ErrorCode
  readonly parameters: ErrorParameters
}

/** `unknown`: the call may have changed something. */
export type Result =
  | { readonly type: 'done'; readonly answer: Answers[keyof Answers] }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'unknown'; readonly reason: string }

/** `calls`: in order, those that write share one commit. `compact`: shorten the history. */
export type ToThread =
  | { readonly type: 'open' }
  | { readonly type: 'calls'; readonly calls: readonly Call[] }
  | { readonly type: 'compact' }
  | { readonly type: 'close' }

export interface Commit {
  readonly revision: number
  readonly keys: readonly string[]
}

export type FromThread =
  | { readonly type: 'opened'; readonly leases: readonly Lease[] }
  | { readonly type: 'failed'; readonly failure: Failure }
  | {
      readonly type: 'results'
      readonly results: readonly Result[]
      readonly commits: readonly Commit[]
      readonly isCompactionDue: boolean
      /** The database was closed, because its disk failed; it must be opened again. */
      readonly isBroken: boolean
    }
  | { readonly type: 'done' }

export function isWriting(call: Call): boolean {
  return ['transact', 'grant', 'endLeases'].includes(call.type)
}
