import pino from 'pino'
import { LogFile } from './log-file.ts'

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

/** Opens a log that writes JSON lines to `file` (made with its folder), or to standard error when there is none. */
export function openLog(options: { level: LogLevel; file?: string }): Log {
  const destination = options.file === undefined ? pino.destination(2) : new LogFile(options.file)
  return pino(
    { level: options.level, base: { pid: process.pid }, timestamp: timeMember },
    destination,
  )
}

let newest = { second: Number.NaN, start: '' }

/** The member `time` of a line, as pino wants it; lines of one second share its start, because making that is dear. */
function timeMember(): string {
  const now = Date.now()
  const second = Math.floor(now / 1_000)
  if (second !== newest.second) {
    newest = { second, start: `,"time":"${new Date(now).toISOString().slice(0, -4)}` }
  }
  const ms = now - second * 1_000
  return `${newest.start}${ms < 100 ? String(ms).padStart(3, '0') : ms}Z"`
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
}
