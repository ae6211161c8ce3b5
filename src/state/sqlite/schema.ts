/** The form of the database: made when it is not there, checked when it is. */
import { OdError } from '../../core/errors/index.ts'
import { openSqlite, type SqliteDatabase } from '../../sys/sqlite.ts'
import type { DatabasePlace } from './protocol.ts'

/** Version of the form; a change of it needs steps from every older one. */
const form = 1

/**
 * `log` has every change since `compacted`, and for each key that is there the one that put it: so it is the history and
 * the present in one. A value of null says that the key was deleted. `counters` has one row.
 */
const tables = `
  CREATE TABLE log (
    key TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT, created INTEGER NOT NULL, lease TEXT,
    PRIMARY KEY (key, revision)
  ) WITHOUT ROWID;
  CREATE INDEX log_by_revision ON log (revision);
  CREATE INDEX log_by_lease ON log (lease) WHERE lease IS NOT NULL;
  CREATE TABLE leases (id TEXT PRIMARY KEY, ttl_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE counters (
    epoch TEXT NOT NULL, revision INTEGER NOT NULL, compacted INTEGER NOT NULL, keys INTEGER NOT NULL,
    live_bytes INTEGER NOT NULL, history_changes INTEGER NOT NULL, history_bytes INTEGER NOT NULL,
    leases INTEGER NOT NULL, is_clean INTEGER NOT NULL
  );
  PRAGMA user_version = ${form};`

/**
 * Opens the database, and makes it where there is none. After an end that was not clean what lies in the write-ahead log
 * goes to the database with an fsync (what a failed fsync left in memory only must not look as if it was on the disk), and
 * the whole is checked. Throws SQLite's error, `OD_STATE_DAMAGED` or `OD_STATE_NEWER`.
 */
export function openDatabase({ path, limits, newEpoch }: DatabasePlace): SqliteDatabase {
  const database = openSqlite(path, { busyMs: limits.busyMs })
  try {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    if (version > form) throw new OdError('OD_STATE_NEWER', { form: version })
    if (version === 0) makeTables(database, newEpoch)
    else if (database.prepare('SELECT is_clean FROM counters').get()?.['is_clean'] !== 1) {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      checkPages(database)
    }
    database.exec('UPDATE counters SET is_clean = 0')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Closes it and says so in it, so that the next opening need not check it. */
export function closeDatabase(database: SqliteDatabase): void {
  try {
    database.exec('UPDATE counters SET is_clean = 1')
  } finally {
    database.close()
  }
}

function makeTables(database: SqliteDatabase, epoch: string): void {
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() ?? {}
  if (count !== 0) throw damaged('it is of another program')
  database.exec(`BEGIN IMMEDIATE; ${tables}`) // a kill in the middle leaves an empty file
  const insert = 'INSERT INTO counters VALUES (?, 0, 0, 0, 0, 0, 0, 0, 0)'
  database.prepare(insert).run(epoch)
  database.exec('COMMIT')
}

function checkPages(database: SqliteDatabase): void {
  const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
  if (found !== 'ok') throw damaged(String(found).replaceAll(/\s+/g, ' ').slice(0, 200))
}

function damaged(reason: string): OdError {
  return new OdError('OD_STATE_DAMAGED', { reason })
}
