/**
 * The database as the thread sees it: calls in order, those that come together in one commit, so that they share its
 * fsync. Nothing is answered before the commit is on the disk.
 */
import { isOdError } from '../../core/errors/index.ts'
import { type SqliteDatabase, type SqliteProblem, sqliteProblemOf } from '../../sys/sqlite.ts'
import type { StateLimits } from '../limits.ts'
import type { Lease } from '../port.ts'
import { compact, isCompactionDue } from './compaction.ts'
import { type Counters, LogTable } from './log-table.ts'
import {
  type Answers,
  type Call,
  type Commit,
  type DatabasePlace,
  type Failure,
  type FromThread,
  isWriting,
  type Result,
} from './protocol.ts'
import { positionOf, readChanges, readPage } from './reading.ts'
import { closeDatabase, openDatabase } from './schema.ts'
import { endLeases, grant, transact, type Written } from './transaction.ts'

type Results = Extract<FromThread, { type: 'results' }>

export class StateDatabase {
  readonly #database: SqliteDatabase
  readonly #log: LogTable
  readonly #limits: StateLimits
  #counters: Counters
  #commits: Commit[] = []
  #isBroken = false

  /** Throws what `openDatabase` throws. */
  constructor(place: DatabasePlace) {
    this.#database = openDatabase(place)
    this.#limits = place.limits
    this.#log = new LogTable(this.#database)
    this.#counters = this.#log.counters()
  }

  leases(): readonly Lease[] {
    return this.#log.leases()
  }

  /** Never throws but for bugs. A commit that does not fit on the disk is tried again call by call. */
  answer(calls: readonly Call[]): Results {
    this.#commits = []
    const together = this.#attempt(calls)
    const isCrowd = together === 'full' && calls.length > 1
    const results = isCrowd
      ? calls.flatMap((call) => settled(this.#attempt([call]), 1))
      : settled(together, calls.length)
    return {
      type: 'results',
      results,
      commits: this.#commits,
      isCompactionDue: isCompactionDue(this.#counters, this.#limits),
      isBroken: this.#isBroken,
    }
  }

  /** Shortens the history. A disk that has no room for that has it later. */
  compact(): void {
    const before = this.#counters
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      this.#counters = compact(this.#log, before, this.#limits)
      this.#log.saveCounters(this.#counters)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#undo(before)
      if (problemOf(error) !== 'full') this.#isBroken = true
    }
  }

  close(): void {
    if (this.#isBroken) this.#database.close()
    else closeDatabase(this.#database)
  }

  #attempt(calls: readonly Call[]): readonly Result[] | 'full' {
    const before = this.#counters
    let isCommitting = false
    try {
      if (!calls.some(isWriting)) return calls.map((call) => this.#result(call, []))
      const commits: Commit[] = []
      this.#database.exec('BEGIN IMMEDIATE')
      const results = calls.map((call) => this.#result(call, commits))
      if (this.#counters !== before) this.#log.saveCounters(this.#counters)
      isCommitting = true
      this.#database.exec('COMMIT')
      this.#commits.push(...commits)
      return results
    } catch (error) {
      this.#undo(before)
      const problem = problemOf(error)
      if (problem === 'full') return 'full'
      this.#isBroken = true
      const { message } = error as Error
      return calls.map((call) => {
        // The commit may be on the disk although its fsync failed: the next opening finds out.
        if (isCommitting && isWriting(call)) return { type: 'unknown', reason: message }
        return { type: 'failed', failure: failureOf(problem, message) }
      })
    }
  }

  /** One call's answer; what the call itself is to blame for is its own failure, all else is thrown. */
  #result(call: Call, commits: Commit[]): Result {
    try {
      return { type: 'done', answer: this.#perform(call, commits) }
    } catch (error) {
      if (!isOdError(error)) throw error
      return { type: 'failed', failure: { code: error.code, parameters: error.parameters } }
    }
  }

  #perform(call: Call, commits: Commit[]): Answers[Call['type']] {
    const [log, counters, limits] = [this.#log, this.#counters, this.#limits]
    const keep = (written: Written) => {
      this.#counters = written.counters
      commits.push(...written.commits)
    }
    switch (call.type) {
      case 'get':
        return { entry: log.current(call.key), at: positionOf(counters) }
      case 'range':
        return readPage(log, call.request, counters, limits)
      case 'changes':
        return readChanges(log, call.prefix, call.after, counters, limits)
      case 'transact': {
        const written = transact(log, call.transaction, counters, limits)
        if (written === undefined) return { outcome: 'conflict', at: positionOf(counters) }
        keep(written)
        return { outcome: 'committed', at: positionOf(written.counters) }
      }
      case 'grant':
        keep(grant(log, call.lease, counters, limits))
        return call.lease
      case 'endLeases':
        keep(endLeases(log, call.leases, counters, limits))
        return undefined
    }
  }

  #undo(before: Counters): void {
    this.#counters = before
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back already.
    }
  }
}

/** What opening a database or working with it failed of; throws anything that is a bug. */
export function failureIn(error: unknown): Failure {
  if (isOdError(error)) return { code: error.code, parameters: error.parameters }
  const problem = problemOf(error, 'disk')
  return failureOf(problem, (error as Error).message)
}

/** The system's own errors (no right to the file) come with a code; what has neither is thrown on. */
function problemOf(error: unknown, forErrno?: SqliteProblem): SqliteProblem {
  const problem = sqliteProblemOf(error) ?? (isSystemError(error) ? forErrno : undefined)
  if (problem === undefined) throw error
  return problem
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).errno === 'number'
}

function settled(results: readonly Result[] | 'full', count: number): readonly Result[] {
  if (results !== 'full') return results
  const failure = { code: 'OD_STATE_DISK_FULL', parameters: {} } as const
  return Array.from({ length: count }, () => ({ type: 'failed', failure }))
}

function failureOf(problem: SqliteProblem, reason: string): Failure {
  const codes = {
    full: 'OD_STATE_DISK_FULL',
    damaged: 'OD_STATE_DAMAGED',
    inUse: 'OD_STATE_IN_USE',
    disk: 'OD_STATE_DISK',
  } as const
  return { code: codes[problem], parameters: { reason } }
}
