/** How long a registry is tried again that fails or is too slow. */
import { isOdError, OdError } from '../core/errors/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Random } from '../sys/random.ts'
import { registryLimits } from './registry/index.ts'

/** Work that takes one request or several. */
export interface Attempted {
  /** One request. `onBytes` is told of all that comes, or goes. True when nothing is left to do. */
  request(signal: AbortSignal, onBytes: (bytes: number) => void): Promise<boolean>
  /** Bytes that need not be sent again. */
  gainedBytes(): number
  /** True while the other side has all that it needs and may be silent. */
  isAnswerAwaited?(): boolean
}

/**
 * Repeats requests that fail in a way that may pass or bring less than all: at once when the last ones gained something, otherwise after
 * pauses that grow, or as long as the registry wants. Throws the last failure when several in a row gained nothing together, any
 * failure that does not pass, and the signal's reason.
 */
export async function untilDone(
  work: Attempted,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  signal: AbortSignal,
): Promise<void> {
  let countedBytes = work.gainedBytes()
  for (let empty = 0; ; ) {
    const failure = await attempt(work, clock, signal)
    if (failure === undefined) return
    empty++
    if (work.gainedBytes() - countedBytes >= registryLimits.usefulBytes) {
      empty = 0 // also where a connection that breaks often brings little at a time
      countedBytes = work.gainedBytes()
    }
    if (empty === registryLimits.triesMax) throw failure
    if (empty > 0) await pause(clock, pauseMs(empty, failure, random), signal)
  }
}

/** One request. Gives a failure that may pass; undefined when the work is done. */
async function attempt(
  work: Attempted,
  clock: Clock,
  signal: AbortSignal,
): Promise<OdError | undefined> {
  const slow = new AbortController()
  let seenBytes = 0
  let cancel = clock.after(registryLimits.paceMs, look)
  function look(): void {
    const isSlow = seenBytes < registryLimits.usefulBytes && work.isAnswerAwaited?.() !== true
    if (isSlow) return slow.abort()
    seenBytes = 0
    cancel = clock.after(registryLimits.paceMs, look)
  }
  try {
    const isDone = await work.request(AbortSignal.any([signal, slow.signal]), (bytes) => {
      seenBytes += bytes
    })
    return isDone ? undefined : unreachable('unexpected EOF')
  } catch (error) {
    signal.throwIfAborted()
    if (slow.signal.aborted) return unreachable('the registry is too slow', error)
    if (isOdError(error) && error.retryable) return error
    throw error
  } finally {
    cancel()
  }
}

function unreachable(reason: string, cause?: unknown): OdError {
  return new OdError('OD_REGISTRY_UNREACHABLE', { reason }, { cause })
}

function pauseMs(empty: number, failure: OdError, random: Random): number {
  const { firstPauseMs, pauseMsMax } = registryLimits
  const ownMs = firstPauseMs * 2 ** (empty - 1) * (0.5 + random.number() / 2)
  const wantedMs = Number(failure.parameters['retryAfterS'] ?? 0) * 1000
  return Math.min(Math.max(ownMs, wantedMs), pauseMsMax)
}

/** Resolves after that time; rejects with the signal's reason. */
export function pause(clock: Clock, forMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = () => {
      cancel()
      reject(signal.reason as Error)
    }
    const cancel = clock.after(forMs, () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}
