/**
 * Steps the number of threads down when the machine collapses under other work, and up again when it is over. Pure.
 *
 * llama.cpp's threads wait for each other actively between operations: as soon as one of them has no core, all wait for
 * its slice of time, and a step takes ten times as long. Fewer threads are then faster, as measured, not guessed: a lower
 * count is tried, and kept only where its steps take less time than those before it.
 */

/** What is known about the present count and the trial that runs, if any. */
export interface GovernorState {
  /** Counts that may be used, ascending. */
  readonly counts: readonly number[]
  /** Milliseconds of an undisturbed step by count, as calibrated. */
  readonly calmMs: ReadonlyMap<number, number>
  readonly index: number
  /** The present count's last steps of one token, in milliseconds, oldest first. */
  readonly recentMs: readonly number[]
  /** Set while another count is tried: where it came from and how long its steps took. */
  readonly trial: { readonly fromIndex: number; readonly fromMs: number } | undefined
  /** Not before this time is a higher count tried again. */
  readonly retryAtMs: number
  readonly retryMs: number
}

/** Steps that are looked at together; a trial is shorter, for it may be the slower way. */
const windowSteps = 8
const trialSteps = 4
/** Steps so many times slower than the calm ones are no long context and no other model: something takes the cores. */
const collapseFactor = 3
const retryFirstMs = 5_000
const retryLastMs = 60_000

/** Starts with the count that was found best. `counts` need not be in order. */
export function initialGovernor(
  calmMs: ReadonlyMap<number, number>,
  threads: number,
): GovernorState {
  const counts = [...calmMs.keys()].filter((count) => count <= threads).sort((a, b) => a - b)
  return {
    counts,
    calmMs,
    index: Math.max(0, counts.indexOf(threads)),
    recentMs: [],
    trial: undefined,
    retryAtMs: 0,
    retryMs: retryFirstMs,
  }
}

/** The count to use now; undefined when there is nothing to choose from. */
export function threadsOf(state: GovernorState): number | undefined {
  return state.counts[state.index]
}

/** A step of one token took `ms`. */
export function observe(state: GovernorState, ms: number, nowMs: number): GovernorState {
  const steps = state.trial === undefined ? windowSteps : trialSteps
  const recentMs = [...state.recentMs.slice(1 - steps), ms]
  const next = { ...state, recentMs }
  if (state.counts.length < 2 || recentMs.length < steps) return next
  const meanMs = recentMs.reduce((sum, one) => sum + one, 0) / steps
  if (state.trial !== undefined) return judge(next, state.trial, meanMs, nowMs)
  const calmMs = state.calmMs.get(threadsOf(state) ?? 0) ?? Number.POSITIVE_INFINITY
  const hasCollapsed = meanMs > calmMs * collapseFactor
  if (hasCollapsed && state.index > 0) return tryIndex(next, state.index - 1, meanMs)
  const mayRise = state.index < state.counts.length - 1 && nowMs >= state.retryAtMs
  return mayRise && !hasCollapsed ? tryIndex(next, state.index + 1, meanMs) : next
}

function tryIndex(state: GovernorState, index: number, fromMs: number): GovernorState {
  return { ...state, index, recentMs: [], trial: { fromIndex: state.index, fromMs } }
}

/** Keeps what is tried where it is faster; a rise that is not makes the next one wait twice as long. */
function judge(
  state: GovernorState,
  { fromIndex, fromMs }: { fromIndex: number; fromMs: number },
  meanMs: number,
  nowMs: number,
): GovernorState {
  const isFaster = meanMs < fromMs
  const isRise = state.index > fromIndex
  const retryMs = isRise && isFaster ? retryFirstMs : Math.min(state.retryMs * 2, retryLastMs)
  return {
    ...state,
    index: isFaster ? state.index : fromIndex,
    recentMs: [],
    trial: undefined,
    retryAtMs: nowMs + state.retryMs,
    retryMs,
  }
}
