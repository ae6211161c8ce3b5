/** SQLite as it comes with Node. */
import { closeSync, openSync } from 'node:fs'
import type * as Sqlite from 'node:sqlite'

export type SqliteDatabase = Sqlite.DatabaseSync
export type SqliteStatement = Sqlite.StatementSync

/**
 * What is wrong, as far as it makes a difference. `full`: no room, on the disk or by the database's own bound; `damaged`: the
 * file holds no sound database; `inUse`: another process has it; `disk`: anything else that the system refused.
 */
export type SqliteProblem = 'full' | 'damaged' | 'inUse' | 'disk'

/** Primary result codes. Source: sqlite.org/rescode.html. */
const problems: Readonly<Record<number, SqliteProblem>> = {
  3: 'disk', // PERM
  5: 'inUse', // BUSY
  6: 'inUse', // LOCKED
  8: 'disk', // READONLY
  10: 'disk', // IOERR
  11: 'damaged', // CORRUPT
  13: 'full', // FULL
  14: 'disk', // CANTOPEN
  26: 'damaged', // NOTADB
}

/** Undefined for what is no failure of SQLite, and for those that only a bug can cause. */
export function sqliteProblemOf(error: unknown): SqliteProblem | undefined {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  if (code !== 'ERR_SQLITE_ERROR' || typeof errcode !== 'number') return undefined
  return problems[errcode & 0xff] // the rest of the bits is detail
}

/**
 * Opens a database that one process owns, made readable to this user only. A commit returns when the disk has it: a
 * write-ahead log with `synchronous=FULL` has one fsync per commit. Throws SQLite's error or the system's.
 */
export function openSqlite(path: string, options: { busyMs: number }): SqliteDatabase {
  closeSync(openSync(path, 'a', 0o600)) // SQLite gives its other files the same rights
  const database = new (loadSqlite().DatabaseSync)(path, { timeout: options.busyMs })
  try {
    // Exclusive before the first read: then no memory is shared, and the lock is free once its holder is dead.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF')
    database.exec('BEGIN IMMEDIATE; COMMIT') // takes the lock
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Node 22 warns that the module is experimental; what we use of it is the same in Node 24, so its users need not read that. */
function loadSqlite(): typeof Sqlite {
  const emitWarning = process.emitWarning.bind(process)
  const quiet = (warning: string | Error, ...rest: unknown[]): void => {
    if (rest[0] !== 'ExperimentalWarning') Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  process.emitWarning = quiet
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
