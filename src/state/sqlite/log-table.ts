/** The statements on the log of changes; no decisions. */
import type { SqliteDatabase, SqliteStatement } from '../../sys/sqlite.ts'
import type { Entry, Lease, LeaseId } from '../port.ts'

/** Numbers over all rows, kept beside them so that nothing has to be counted. */
export interface Counters {
  readonly epoch: string
  readonly revision: number
  /** The history is whole after this revision. */
  readonly compacted: number
  readonly keys: number
  readonly liveBytes: number
  readonly historyChanges: number
  readonly historyBytes: number
  readonly leases: number
}

/** A row of the log; `value` null: the key was deleted. */
export interface LogRow {
  readonly key: string
  readonly revision: number
  readonly value: string | null
  readonly created: number
  readonly lease: string | null
}

const columns = 'key, revision, value, created, lease'
const sizeOfRow = 'length(key) + coalesce(octet_length(value), 0)'

export class LogTable {
  readonly #statements = new Map<string, SqliteStatement>()
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  counters(): Counters {
    return this.#prepared(
      `SELECT epoch, revision, compacted, keys, live_bytes AS liveBytes, history_changes AS historyChanges,
       history_bytes AS historyBytes, leases FROM counters`,
    ).get() as unknown as Counters
  }

  saveCounters(next: Counters): void {
    this.#prepared(
      `UPDATE counters SET revision = ?, compacted = ?, keys = ?, live_bytes = ?, history_changes = ?,
       history_bytes = ?, leases = ?`,
    ).run(
      next.revision,
      next.compacted,
      next.keys,
      next.liveBytes,
      next.historyChanges,
      next.historyBytes,
      next.leases,
    )
  }

  current(key: string): Entry | undefined {
    const sql = `SELECT ${columns} FROM log WHERE key = ? ORDER BY revision DESC LIMIT 1`
    const row = this.#prepared(sql).get(key) as unknown as LogRow | undefined
    return row && entryOf(row)
  }

  append(row: LogRow): void {
    const { key, revision, value, created, lease } = row
    this.#prepared(`INSERT INTO log (${columns}) VALUES (?, ?, ?, ?, ?)`).run(
      key,
      revision,
      value,
      created,
      lease,
    )
  }

  /** Entries of a prefix behind the key `after`, as they were at `revision`, in the order of their keys. */
  entriesAt(prefix: string, after: string, revision: number): Iterable<LogRow> {
    // A column beside max() is that of the row which has the maximum. Source: sqlite.org/lang_select.html, "bare columns".
    return this.#prepared(
      `SELECT key, max(revision) AS revision, value, created, lease FROM log
       WHERE key >= ? AND key > ? AND key < ? AND revision <= ?
       GROUP BY key HAVING value IS NOT NULL ORDER BY key`,
    ).iterate(prefix, after, endOf(prefix), revision) as Iterable<unknown> as Iterable<LogRow>
  }

  /** Changes of a prefix after a revision, in order. */
  changesAfter(prefix: string, revision: number): Iterable<LogRow> {
    return this.#prepared(
      `SELECT ${columns} FROM log INDEXED BY log_by_revision
       WHERE revision > ? AND key >= ? AND key < ? ORDER BY revision, key`,
    ).iterate(revision, prefix, endOf(prefix)) as Iterable<unknown> as Iterable<LogRow>
  }

  /** Revisions after one, newest first, each row with its size. */
  sizesAfter(revision: number): Iterable<{ readonly revision: number; readonly bytes: number }> {
    return this.#prepared(
      `SELECT revision, ${sizeOfRow} AS bytes FROM log WHERE revision > ? ORDER BY revision DESC`,
    ).iterate(revision) as Iterable<unknown> as Iterable<{ revision: number; bytes: number }>
  }

  /** Drops what nobody can see any more when the history begins after `to`; before it began after `from`. */
  dropSuperseded(from: number, to: number): void {
    this.#prepared(
      `DELETE FROM log WHERE (key, revision) IN (
         SELECT old.key, old.revision FROM log newer JOIN log old ON old.key = newer.key AND old.revision < newer.revision
         WHERE newer.revision > ? AND newer.revision <= ?)`,
    ).run(from, to)
    this.#prepared('DELETE FROM log WHERE revision > ? AND revision <= ? AND value IS NULL').run(
      from,
      to,
    )
  }

  leases(): readonly Lease[] {
    const rows = this.#prepared('SELECT id, ttl_ms AS ttlMs FROM leases').all()
    return rows as unknown as readonly Lease[]
  }

  hasLease(id: LeaseId): boolean {
    return this.#prepared('SELECT 1 FROM leases WHERE id = ?').get(id) !== undefined
  }

  addLease({ id, ttlMs }: Lease): void {
    this.#prepared('INSERT INTO leases VALUES (?, ?)').run(id, ttlMs)
  }

  /** False when there was none. */
  removeLease(id: LeaseId): boolean {
    return this.#prepared('DELETE FROM leases WHERE id = ?').run(id).changes === 1
  }

  /** Entries that go with a lease. */
  entriesUnder(id: LeaseId): readonly Entry[] {
    const rows = this.#prepared('SELECT DISTINCT key FROM log WHERE lease = ? ORDER BY key').all(id)
    return rows.flatMap(({ key }) => {
      const entry = this.current(String(key))
      return entry?.lease === id ? [entry] : []
    })
  }

  #prepared(sql: string): SqliteStatement {
    const found = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, found)
    return found
  }
}

/** The entry that a row of the log tells of; undefined when it tells of a deletion. */
export function entryOf({ key, value, created, revision, lease }: LogRow): Entry | undefined {
  if (value === null) return undefined
  return { key, value, created, revision, ...(lease === null ? {} : { lease }) }
}

/** What a row counts towards the bounds. */
export function bytesOf({ key, value }: Pick<LogRow, 'key' | 'value'>): number {
  return key.length + (value === null ? 0 : Buffer.byteLength(value))
}

/** Greater than every key of the prefix: keys have no character above `~`. */
function endOf(prefix: string): string {
  return `${prefix}\x7f`
}
