/**
 * How often models are asked for and how long they take to load: measured, kept also while a model is not in memory. Pure.
 */

/** What is known of one model. */
export interface Usage {
  /** Monotonic times of its latest requests, oldest first; at most `arrivalsMax`. */
  readonly arrivalsMs: readonly number[]
  /** How long a load of it takes, by its latest ones; undefined before the first. */
  readonly loadMs: number | undefined
}

/** By path of the weights; what was longest not asked for comes first. */
export type UsageBook = ReadonlyMap<string, Usage>

/** Enough for a steady rate, few enough to follow a change within minutes. */
const arrivalsMax = 32

/** Models that are remembered: more than any machine has in use. */
const modelsMax = 256

/** How much a new load counts. */
const loadWeight = 0.2

/** Two requests in the same millisecond are no infinite rate. */
const spanMsMin = 1

const unknown: Usage = { arrivalsMs: [], loadMs: undefined }

/** Notes a request; the model that was longest not asked for is forgotten when there are too many. */
export function noteArrival(book: UsageBook, path: string, nowMs: number): UsageBook {
  const usage = book.get(path) ?? unknown
  const next = new Map(book)
  next.delete(path)
  next.set(path, { ...usage, arrivalsMs: [...usage.arrivalsMs, nowMs].slice(-arrivalsMax) })
  const [oldest] = next.keys()
  if (next.size > modelsMax && oldest !== undefined) next.delete(oldest)
  return next
}

/** Notes how long a load took. One that others slowed down shall not decide alone. */
export function noteLoad(book: UsageBook, path: string, tookMs: number): UsageBook {
  const usage = book.get(path) ?? unknown
  const before = usage.loadMs ?? tookMs
  return new Map(book).set(path, { ...usage, loadMs: before + loadWeight * (tookMs - before) })
}

/**
 * What a resident model is worth: milliseconds of loading that it is expected to save per millisecond. Requests per
 * millisecond (the latest ones and the time since, so that a model which is no longer asked for sinks) · load time.
 * Source: frequency and cost as in GreedyDual-Size-Frequency (Cherkasova, HPL-98-69), whose third factor is the size.
 */
export function worthOf(usage: Usage | undefined, nowMs: number): number {
  const { arrivalsMs, loadMs } = usage ?? unknown
  const [first] = arrivalsMs
  if (first === undefined || loadMs === undefined) return 0
  const ratePerMs = arrivalsMs.length / Math.max(spanMsMin, nowMs - first)
  return ratePerMs * loadMs
}
