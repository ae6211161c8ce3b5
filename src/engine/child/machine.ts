/**
 * What to do about one child process: start it, wait until it is ready, start it again when it ends, slower each time,
 * and slower still when it keeps ending; end it when asked. At most one process lives at any time: the next one is
 * started only after the end of the one before was told.
 */
import type { EngineState } from '../../core/engine.ts'
import type { Decision } from '../../core/loop.ts'

export type ChildEvent =
  | { readonly type: 'start.asked' }
  | { readonly type: 'stop.asked' }
  | { readonly type: 'process.ready'; readonly url: string }
  /** It lives and is of no use; `reason` says how that shows. */
  | { readonly type: 'process.hung'; readonly reason: string }
  /** `jitter`: random in [0, 1), spreads restarts of children that die together. */
  | { readonly type: 'process.exited'; readonly reason: string; readonly jitter: number }
  | { readonly type: 'timer.fired'; readonly timer: number }

export type ChildEffect =
  | { readonly type: 'spawn' }
  /** Ask the process to end. */
  | { readonly type: 'terminate' }
  /** End the process and all its descendants. */
  | { readonly type: 'kill' }
  | { readonly type: 'startTimer'; readonly timer: number; readonly delayMs: number }
  | { readonly type: 'announce'; readonly standing: ChildStanding; readonly reason: string }
  /** Those who wait for the stop may go on. */
  | { readonly type: 'settleStop' }

/** The states of an engine that its process decides; `unhealthy` is found out by asking it. */
export type ChildStanding = Exclude<EngineState, 'unhealthy'>

export type Phase =
  /** No process, and none wanted. */
  | { readonly type: 'idle' }
  /** A process that is not ready yet. */
  | { readonly type: 'starting' }
  | { readonly type: 'running'; readonly sinceMs: number; readonly url: string }
  /** It took too long to become ready, or hung, and was killed; its end is awaited. */
  | { readonly type: 'failing'; readonly reason: string }
  /** It ended; a timer starts the next one. */
  | { readonly type: 'waiting' }
  /** It was asked to end; `startAgain`: somebody wants it back already. */
  | { readonly type: 'ending'; readonly isKilled: boolean; readonly startAgain: boolean }

export interface ChildState {
  readonly phase: Phase
  /** Number of the newest timer; older ones mean nothing any more. */
  readonly timer: number
  /** When it crashed, within the window, oldest first. */
  readonly crashesMs: readonly number[]
  /** Crashes without a long enough life in between. */
  readonly crashesInRow: number
  /** It crashed so often that only slow tries are made, until one of them lives long enough. */
  readonly isLooping: boolean
}

/** Each bound with its reason. */
export const limits = {
  /** A process that is killed once is back before the next request gives up. */
  firstRestartMs: 100,
  /** A machine short of memory recovers in this time; a user does not wait longer without a reason. */
  longestRestartMs: 10_000,
  /** So many crashes within the window are no accident. */
  loopCrashes: 5,
  crashWindowMs: 60_000,
  /** Costs next to nothing, and a cause that went away is noticed within a minute. */
  loopRetryMs: 60_000,
  /** As long as the window: whoever lived this long had no part in a series. */
  stableMs: 60_000,
  /** A cold disk and two busy cores; models are loaded after it. */
  startMs: 60_000,
  /** Half of what `docker stop` gives us as a whole. */
  graceMs: 5_000,
  /** A killed process is gone in milliseconds unless the kernel holds it; then it is killed again, and not waited for. */
  killMs: 2_000,
} as const

export const initialChild: ChildState = {
  phase: { type: 'idle' },
  timer: 0,
  crashesMs: [],
  crashesInRow: 0,
  isLooping: false,
}

type ChildDecision = Decision<ChildState, ChildEffect>

export function step(state: ChildState, event: ChildEvent, nowMs: number): ChildDecision {
  switch (event.type) {
    case 'start.asked':
      return startAsked(state)
    case 'stop.asked':
      return stopAsked(state)
    case 'process.ready':
      return state.phase.type === 'starting'
        ? enter(state, { type: 'running', sinceMs: nowMs, url: event.url }, [
            { type: 'announce', standing: 'running', reason: 'ready' },
          ])
        : unchanged(state) // said twice, or too late
    case 'process.hung':
      return hung(state, event.reason, nowMs)
    case 'process.exited':
      return exited(state, event, nowMs)
    case 'timer.fired':
      return event.timer === state.timer ? timeIsOver(state) : unchanged(state)
  }
}

function startAsked(state: ChildState): ChildDecision {
  const { phase } = state
  if (phase.type === 'ending') {
    return { state: { ...state, phase: { ...phase, startAgain: true } }, effects: [] }
  }
  return phase.type === 'idle' ? startAfresh(state) : unchanged(state)
}

function startAfresh(state: ChildState): ChildDecision {
  return enter({ ...initialChild, timer: state.timer }, { type: 'starting' }, [
    { type: 'spawn' },
    { type: 'announce', standing: 'starting', reason: 'asked to start' },
    limits.startMs,
  ])
}

function stopAsked(state: ChildState): ChildDecision {
  const { phase } = state
  const announce = { type: 'announce', standing: 'stopped', reason: 'asked to stop' } as const
  const ending = { type: 'ending', isKilled: false, startAgain: false } as const
  switch (phase.type) {
    case 'idle':
      return { state, effects: [{ type: 'settleStop' }] }
    case 'waiting':
      return enter(state, { type: 'idle' }, [announce, { type: 'settleStop' }])
    case 'starting':
    case 'running':
      return enter(state, ending, [announce, { type: 'terminate' }, limits.graceMs])
    case 'failing':
      return enter(state, { ...ending, isKilled: true }, [announce, limits.killMs])
    case 'ending':
      return { state: { ...state, phase: { ...phase, startAgain: false } }, effects: [] }
  }
}

/** A process that hangs does not heed a polite signal. */
function hung(state: ChildState, reason: string, nowMs: number): ChildDecision {
  const { phase } = state
  if (phase.type !== 'running') return unchanged(state)
  const lived = isStable(phase, nowMs) ? { ...state, crashesInRow: 0, isLooping: false } : state
  return enter(lived, { type: 'failing', reason }, [{ type: 'kill' }, limits.killMs])
}

function isStable(phase: Phase, nowMs: number): boolean {
  return phase.type === 'running' && nowMs - phase.sinceMs >= limits.stableMs
}

function exited(
  state: ChildState,
  event: Extract<ChildEvent, { type: 'process.exited' }>,
  nowMs: number,
): ChildDecision {
  const { phase } = state
  switch (phase.type) {
    case 'idle':
    case 'waiting':
      return unchanged(state) // there was no process to end
    case 'ending': {
      const { state: idle, effects } = enter(state, { type: 'idle' }, [{ type: 'settleStop' }])
      if (!phase.startAgain) return { state: idle, effects }
      const next = startAfresh(idle)
      return { state: next.state, effects: [...effects, ...next.effects] }
    }
    case 'starting':
    case 'running':
    case 'failing':
      return crashed(state, event, nowMs)
  }
}

function crashed(
  state: ChildState,
  event: Extract<ChildEvent, { type: 'process.exited' }>,
  nowMs: number,
): ChildDecision {
  const { phase } = state
  const wasStable = isStable(phase, nowMs)
  const recent = state.crashesMs.filter((atMs) => nowMs - atMs < limits.crashWindowMs)
  const crashesMs = [...recent, nowMs].slice(-limits.loopCrashes)
  const crashesInRow = wasStable ? 1 : state.crashesInRow + 1
  const isLooping = crashesMs.length >= limits.loopCrashes || (state.isLooping && !wasStable)
  return enter({ ...state, crashesMs, crashesInRow, isLooping }, { type: 'waiting' }, [
    {
      type: 'announce',
      standing: isLooping ? 'crash-loop' : 'restarting',
      reason: phase.type === 'failing' ? phase.reason : event.reason,
    },
    isLooping ? limits.loopRetryMs : restartDelayMs(crashesInRow, event.jitter),
  ])
}

/** Doubles with every crash; the upper half of it is random. */
function restartDelayMs(crashesInRow: number, jitter: number): number {
  const wholeMs = Math.min(limits.firstRestartMs * 2 ** (crashesInRow - 1), limits.longestRestartMs)
  return (wholeMs * (1 + jitter)) / 2
}

function timeIsOver(state: ChildState): ChildDecision {
  const { phase } = state
  switch (phase.type) {
    case 'idle':
    case 'running':
      return unchanged(state) // neither has a time that ends
    case 'starting': {
      const reason = `not ready within ${limits.startMs / 1_000} s`
      return enter(state, { type: 'failing', reason }, [{ type: 'kill' }, limits.killMs])
    }
    case 'failing':
      return enter(state, phase, [{ type: 'kill' }, limits.killMs])
    case 'waiting':
      return enter(state, { type: 'starting' }, [{ type: 'spawn' }, limits.startMs])
    case 'ending': {
      const kill: readonly ChildEffect[] = [{ type: 'kill' }]
      const givenUp: readonly ChildEffect[] = phase.isKilled ? [{ type: 'settleStop' }] : []
      return enter(state, { ...phase, isKilled: true }, [...kill, ...givenUp, limits.killMs])
    }
  }
}

/** Changes the phase, which ends the phase's timer. A number among the effects starts the next: its milliseconds. */
function enter(
  state: ChildState,
  phase: Phase,
  effects: readonly (ChildEffect | number)[],
): ChildDecision {
  const timer = state.timer + 1
  return {
    state: { ...state, phase, timer },
    effects: effects.map((effect) =>
      typeof effect === 'number' ? { type: 'startTimer', timer, delayMs: effect } : effect,
    ),
  }
}

function unchanged(state: ChildState): ChildDecision {
  return { state, effects: [] }
}
