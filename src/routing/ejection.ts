import type { EngineView } from '../core/engine.ts'

/**
 * Passive ejection: an engine that breaks several requests off in a row gets none for a while, longer each time, and then
 * one at a time until one succeeds. Probes cannot tell it: an engine may answer every probe and die of every prompt. An
 * ejected engine is only put behind the others, so that a model that nobody else has is never out of reach.
 *
 * Learns from real requests only. Pure; `nowMs` is monotonic. Source: Envoy's outlier detection (failures in a row,
 * growing time); a single trial as in a circuit breaker that is half open.
 */
export type Ejections = ReadonlyMap<string, Standing>

/** Engines that are trusted without a failure have none. */
export type Standing =
  | { readonly type: 'trusted'; readonly failuresInRow: number; readonly failedMs: number }
  /** `times`: how often in succession. `isTried`: after its time, a request is under way that decides. */
  | {
      readonly type: 'ejected'
      readonly untilMs: number
      readonly times: number
      readonly isTried: boolean
    }

/** How a request ended, as far as it tells something about the engine: `left` says nothing. */
export type Verdict = 'answered' | 'failed' | 'left'

/** Each bound with its reason. */
export const limits = {
  /** Fewer would eject for one bad prompt that three clients repeat; more lets users wait for what fails. */
  failuresInRow: 5,
  /** Long enough that what breaks off everything costs no request a second try, short for what broke once; doubles each time. */
  ejectionMs: 1_000,
  /** A broken machine costs one failed try in this time. */
  ejectionMsMax: 300_000,
} as const

/** True while requests should rather go elsewhere. */
export function isEjected(ejections: Ejections, engine: string, nowMs: number): boolean {
  const standing = ejections.get(engine)
  return standing?.type === 'ejected' && (standing.isTried || nowMs < standing.untilMs)
}

/**
 * Only engines that are in use are kept: one that was out of it, and that the probes have brought back, is judged anew, as
 * it may be another process by now.
 */
export function amongRunning(ejections: Ejections, engines: readonly EngineView[]): Ejections {
  if (ejections.size === 0) return ejections
  const running = engines.flatMap(({ id, state }) => (state === 'running' ? [id] : []))
  const kept = [...ejections].filter(([id]) => running.includes(id))
  return kept.length === ejections.size ? ejections : new Map(kept)
}

/** A request is sent to the engine; after an ejection it is the trial, and others stay away until it ends. */
export function sent(ejections: Ejections, engine: string, nowMs: number): Ejections {
  const standing = ejections.get(engine)
  if (standing?.type !== 'ejected' || nowMs < standing.untilMs) return ejections
  return new Map(ejections).set(engine, { ...standing, isTried: true })
}

/** A request ended that was sent to the engine at `sentMs`. A crash that breaks many off at once is one failure. */
export function ended(
  ejections: Ejections,
  engine: string,
  { verdict, sentMs }: { verdict: Verdict; sentMs: number },
  nowMs: number,
): Ejections {
  const standing = ejections.get(engine)
  if (verdict === 'failed') {
    if (standing?.type === 'trusted' && sentMs < standing.failedMs) return ejections
    return new Map(ejections).set(engine, failed(standing, nowMs))
  }
  if (standing === undefined) return ejections
  const next = new Map(ejections)
  if (verdict === 'answered' && mayTrust(standing)) next.delete(engine)
  else if (standing.type === 'ejected') next.set(engine, { ...standing, isTried: false })
  return next
}

/** What was sent before the ejection and ends well after it proves nothing; a trial does. */
function mayTrust(standing: Standing): boolean {
  return standing.type === 'trusted' || standing.isTried
}

function failed(standing: Standing | undefined, nowMs: number): Standing {
  if (standing?.type === 'ejected') {
    return standing.isTried ? ejectedFor(standing.times + 1, nowMs) : standing
  }
  const failuresInRow = (standing?.failuresInRow ?? 0) + 1
  return failuresInRow < limits.failuresInRow
    ? { type: 'trusted', failuresInRow, failedMs: nowMs }
    : ejectedFor(1, nowMs)
}

function ejectedFor(times: number, nowMs: number): Standing {
  const ms = Math.min(limits.ejectionMs * 2 ** (times - 1), limits.ejectionMsMax)
  return { type: 'ejected', untilMs: nowMs + ms, times, isTried: false }
}
