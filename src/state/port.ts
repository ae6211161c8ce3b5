/**
 * The store of agreed state, as everything else sees it. Keys are text in order of their bytes, values are text; every
 * committed transaction gets the next revision of one counter. Reads see every transaction that was acknowledged before
 * they were asked (linearizable). Whatever implements it passes `tests/contract/state-store`.
 *
 * Source of the model: etcd's API guarantees.
 */

/**
 * A moment of a store's life. The epoch is another one when the store was made anew or restored: then revisions of before
 * mean nothing.
 */
export interface Position {
  readonly epoch: string
  readonly revision: number
}

export type LeaseId = string

/** A key that is there. */
export interface Entry {
  readonly key: string
  readonly value: string
  /** Revision that made the key, after it was absent. */
  readonly created: number
  /** Revision that put this value; may serve as a fencing number. */
  readonly revision: number
  /** The key goes when this lease ends. */
  readonly lease?: LeaseId
}

export interface RangeRequest {
  /** All keys that begin so; empty for all. */
  readonly prefix: string
  /** Entries per page, 1 to `limits.pageEntriesMax`; that when absent. A page may have fewer, so that it stays small. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly page?: PageMark
}

/** Where the next page begins. All pages of a listing show the store as it was when the first one was read. */
export interface PageMark {
  readonly after: string
  readonly at: Position
}

export interface Page {
  /** In the order of their keys. */
  readonly entries: readonly Entry[]
  /** What the listing shows; a watch from here misses nothing. */
  readonly at: Position
  /** Absent on the last page. */
  readonly next?: PageMark
}

/** What must hold for a transaction to happen. `absent`: there is no such key. */
export type Condition =
  | { readonly key: string; readonly is: 'absent' }
  | { readonly key: string; readonly revision: number }
  | { readonly key: string; readonly value: string }

export type Write =
  | { readonly put: string; readonly value: string; readonly lease?: LeaseId }
  | { readonly delete: string }

/** All writes happen, at one revision, or none does. */
export interface Transaction {
  readonly conditions: readonly Condition[]
  readonly writes: readonly Write[]
}

/**
 * `conflict`: a condition did not hold, nothing was changed. `unknown`: the answer did not come; it may have happened, or
 * happen later. A transaction that certainly did not happen for any other reason is an `OdError`.
 * A transaction that changes nothing (it deletes what is absent) is committed without a revision of its own.
 */
export type TransactionOutcome =
  | { readonly outcome: 'committed'; readonly at: Position }
  | { readonly outcome: 'conflict'; readonly at: Position }
  | { readonly outcome: 'unknown'; readonly reason: string }

export type Change =
  | { readonly type: 'put'; readonly entry: Entry }
  | { readonly type: 'delete'; readonly key: string }

/**
 * `changes`: all that one revision changed below the prefix. `progress`: now there is nothing more than up to here; comes
 * whenever all was given, and every `limits.progressMs` while nothing changes. `reset` is the last: the history from the asked position is not there
 * (`compacted`: too long ago; `replaced`: another epoch, or a store that has lost what was seen), so list again and watch
 * from there. `at` of the first two is what to resume from.
 */
export type WatchItem =
  | { readonly type: 'changes'; readonly at: Position; readonly changes: readonly Change[] }
  | { readonly type: 'progress'; readonly at: Position }
  | { readonly type: 'reset'; readonly reason: 'compacted' | 'replaced' }

export interface WatchRequest {
  /** All keys that begin so; empty for all. */
  readonly prefix: string
  /** Changes after this are given. */
  readonly after: Position
  /** Ends the watch. */
  readonly signal: AbortSignal
}

/** `ttlMs`: how long it lasts from now on unless it is kept alive; the store's own monotonic clock counts. */
export interface Lease {
  readonly id: LeaseId
  readonly ttlMs: number
}

export interface StateStore {
  /** The entry of a key, and the moment at which that was so. */
  get(key: string): Promise<{ readonly entry: Entry | undefined; readonly at: Position }>
  /** Throws `OD_STATE_COMPACTED` for a page of a listing that is too old. */
  range(request: RangeRequest): Promise<Page>
  /** Throws `OD_STATE_LEASE_GONE` for a put under a lease that is not there. */
  transact(transaction: Transaction): Promise<TransactionOutcome>
  /**
   * Every change after the position once, in order. Ends with a `reset` or the signal; throws `OD_STATE_WATCHES` when there
   * are too many, `OD_STATE_UNAVAILABLE` when the store is closed, and other errors when it fails: watch again then. A reader that is slow holds nobody up: what it has not
   * taken stays in the store's history, and when that is compacted it gets `reset`.
   */
  watch(request: WatchRequest): AsyncIterable<WatchItem>
  /** `OD_STATE_UNKNOWN` from this and the next two: safe to ask again; a lease nobody knows expires. */
  grantLease(ttlMs: number): Promise<Lease>
  /** The lease lasts its whole time again. Throws `OD_STATE_LEASE_GONE`. */
  keepAlive(lease: LeaseId): Promise<Lease>
  /** Deletes the lease with its keys; one that is not there is fine. */
  revokeLease(lease: LeaseId): Promise<void>
  /** Ends the watches; calls from now on throw `OD_STATE_UNAVAILABLE`. Closing twice is fine. */
  close(): Promise<void>
}
