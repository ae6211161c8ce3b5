/**
 * Which loads are refused because they ended their runner again and again: each costs seconds and may take memory from the models
 * that are in use, and nothing says that the next one would end otherwise. Pure.
 */
import { OdError } from '../../../core/errors/index.ts'
import type { LoadOptions } from '../../runner/index.ts'
import { loadKey } from './serves.ts'

/** What is known of loads with the same file and options that ended their runner, one after the other. */
export interface Crashes {
  readonly path: string
  readonly count: number
  /** Monotonic time of the latest. */
  readonly atMs: number
  /** Why the runner ended, as the client was told. */
  readonly reason: string
}

/** By file and options, so that nobody keeps a model from others with options that it cannot stand; the oldest come first. */
export type CrashBook = ReadonlyMap<string, Crashes>

export const quarantineLimits = {
  /** One may be chance, and two the memory that another program took meanwhile. */
  crashesMax: 3,
  /** Then one load is tried: what was wrong with the machine may be right again. */
  quarantineMs: 5 * 60_000,
  /** More than any machine has in use. */
  entriesMax: 256,
} as const

export function noteCrash(
  book: CrashBook,
  load: LoadOptions,
  { reason, nowMs }: { readonly reason: string; readonly nowMs: number },
): CrashBook {
  const key = loadKey(load)
  const count = (book.get(key)?.count ?? 0) + 1
  const next = new Map(book)
  next.delete(key)
  next.set(key, { path: load.path, count, atMs: nowMs, reason })
  const [oldest] = next.keys()
  if (next.size > quarantineLimits.entriesMax && oldest !== undefined) next.delete(oldest)
  return next
}

/** After a load that went well. */
export function noteLoaded(book: CrashBook, load: LoadOptions): CrashBook {
  const next = new Map(book)
  next.delete(loadKey(load))
  return next
}

/** Forgets what is known of a file, so that it is loaded again. */
export function liftQuarantine(book: CrashBook, path: string): CrashBook {
  return new Map([...book].filter(([, crashes]) => crashes.path !== path))
}

/** `OD_MODEL_QUARANTINED` where such a load is refused now; undefined where it may be tried. */
export function refusalOf(book: CrashBook, load: LoadOptions, nowMs: number): OdError | undefined {
  const crashes = book.get(loadKey(load))
  if (crashes === undefined) return undefined
  const leftMs = leftOf(crashes, nowMs)
  if (leftMs <= 0) return undefined
  const { count, reason } = crashes
  return new OdError('OD_MODEL_QUARANTINED', { count, reason, seconds: Math.ceil(leftMs / 1000) })
}

/** Milliseconds for which loads of a file are refused still, with some options at least; 0 where none are. */
export function quarantinedMs(book: CrashBook, path: string, nowMs: number): number {
  const ofFile = [...book.values()].filter((crashes) => crashes.path === path)
  return Math.max(0, ...ofFile.map((crashes) => leftOf(crashes, nowMs)))
}

function leftOf({ count, atMs }: Crashes, nowMs: number): number {
  return count < quarantineLimits.crashesMax ? 0 : atMs + quarantineLimits.quarantineMs - nowMs
}
