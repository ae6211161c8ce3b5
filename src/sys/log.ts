import { mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import pino from 'pino'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

/**
 * Structured log. One event name per line, facts as fields. `error`: someone must act; `warn`: degraded and
 * self-healing; `info`: state changes and one line per request; `debug`: decisions. Prompts and answers never appear.
 */
export interface Log {
  debug(fields: object, event: string): void
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
  child(fields: object): Log
}

/** A log file is moved aside to `<file>.1` when it is larger than this at start. */
const fileBytesMax = 16 * 1024 * 1024

/**
 * Lines go to the file together: one write for each line would cost a busy gateway more than making it. A process that is
 * killed loses the lines of that time; one that ends by itself loses none.
 */
const batchMs = 100
const batchBytes = 8 * 1024

/** Opens a log that writes JSON lines to `file` (made with its folder), or to standard error when there is none. */
export function openLog(options: { level: LogLevel; file?: string }): Log {
  const destination = options.file === undefined ? pino.destination(2) : openFile(options.file)
  return pino(
    { level: options.level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  )
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
}

function openFile(file: string) {
  mkdirSync(dirname(file), { recursive: true })
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > fileBytesMax) renameSync(file, `${file}.1`)
  // No request waits for a disk; flushed at exit.
  const destination = pino.destination({ dest: file, sync: false, minLength: batchBytes })
  let isFlushDue = false
  const flush = () => {
    isFlushDue = false
    destination.flush()
  }
  return {
    write(line: string) {
      destination.write(line)
      if (isFlushDue) return
      isFlushDue = true
      setTimeout(flush, batchMs).unref()
    },
  }
}
