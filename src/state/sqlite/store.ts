/** The store in a SQLite database of this machine. */
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { Random } from '../../sys/random.ts'
import { checkKey, checkLeaseTime, checkPrefix, checkRange, checkTransaction } from '../check.ts'
import { type StateLimits, stateLimits } from '../limits.ts'
import type { Lease, StateStore, WatchItem, WatchRequest } from '../port.ts'
import { DatabaseThread, errorOf } from './database-thread.ts'
import { LeaseDeadlines } from './lease-deadlines.ts'
import type { Answers, Call } from './protocol.ts'
import { type Watch, Watches } from './watches.ts'

export interface SqliteStoreOptions {
  /** Of the database, in a folder that is there and owned by this process. Not on a network's file system. */
  readonly path: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** `stateLimits` when absent. */
  readonly limits?: StateLimits
}

/**
 * Opens the store and keeps the process alive until it is closed. Throws `OD_STATE_DAMAGED`, `OD_STATE_DISK`,
 * `OD_STATE_DISK_FULL`, `OD_STATE_IN_USE` or `OD_STATE_NEWER`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<StateStore> {
  const { path, clock, random, log, limits = stateLimits } = options
  const watches = new Watches({ countMax: limits.watchesMax, clock })
  const deadlines: LeaseDeadlines = new LeaseDeadlines({
    clock,
    end: (lease) => ask(thread, { type: 'endLeases', leases: [lease] }),
    retryMs: limits.expiryRetryMs,
  })
  const thread = new DatabaseThread({
    place: { path, limits, newEpoch: random.hex(8) },
    clock,
    log,
    onOpened: (leases) => deadlines.start(leases),
    onCommits: (commits) => watches.tell(commits),
  })
  const failure = await thread.open()
  if (failure !== undefined) {
    await thread.close()
    throw errorOf(failure)
  }
  let isClosed = false
  return {
    async get(key) {
      checkKey(key, limits)
      return ask(thread, { type: 'get', key })
    },
    async range(request) {
      checkRange(request, limits)
      return ask(thread, { type: 'range', request })
    },
    async transact(transaction) {
      checkTransaction(transaction, limits)
      const result = await thread.call({ type: 'transact', transaction })
      if (result.type === 'failed') throw errorOf(result.failure)
      if (result.type === 'unknown') return { outcome: 'unknown', reason: result.reason }
      return result.answer as Answers['transact']
    },
    watch: (request) => follow(request, { thread, watches, limits, isClosed: () => isClosed }),
    async grantLease(ttlMs) {
      checkLeaseTime(ttlMs, limits)
      const lease: Lease = { id: random.hex(8), ttlMs }
      deadlines.start([lease]) // first, so that one whose answer is lost ends too
      return ask(thread, { type: 'grant', lease })
    },
    keepAlive: async (lease) => deadlines.restart(lease),
    revokeLease: (lease) => deadlines.end(lease),
    async close() {
      if (isClosed) return
      isClosed = true
      deadlines.stop()
      watches.wakeAll()
      await thread.close()
    },
  }
}

/** The answer to a call; throws where there is none. */
async function ask<Type extends Exclude<Call['type'], 'transact'>>(
  thread: DatabaseThread,
  call: Extract<Call, { type: Type }>,
): Promise<Answers[Type]> {
  const result = await thread.call(call)
  if (result.type === 'failed') throw errorOf(result.failure)
  if (result.type === 'unknown') throw new OdError('OD_STATE_UNKNOWN', { reason: result.reason })
  return result.answer as Answers[Type]
}

interface WatchParts {
  readonly thread: DatabaseThread
  readonly watches: Watches
  readonly limits: StateLimits
  readonly isClosed: () => boolean
}

async function* follow(
  { prefix, after, signal }: WatchRequest,
  { thread, watches, limits, isClosed }: WatchParts,
): AsyncGenerator<WatchItem> {
  checkPrefix(prefix, limits)
  const watch: Watch = watches.add(prefix, after)
  try {
    while (!signal.aborted) {
      watch.beginRead()
      const read = await ask(thread, { type: 'changes', prefix, after: watch.position })
      for (const item of read.items) {
        if (signal.aborted) return
        yield item
        if (item.type === 'reset') return
      }
      watch.position = read.upTo
      if (read.hasMore) continue
      yield { type: 'progress', at: watch.position }
      while (!(await watch.news(limits.progressMs, signal))) {
        yield { type: 'progress', at: watch.position }
      }
      if (isClosed()) throw new OdError('OD_STATE_UNAVAILABLE', { reason: 'it is closed' })
    }
  } finally {
    watches.remove(watch)
  }
}
