/**
 * When a node that runs in this process ends: the first wish lets answers finish, the second does not. Pure; the loop is in
 * `index.ts`.
 */
import type { Decision } from '../../core/loop.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'

export type ShutdownEvent =
  | { readonly type: 'node.started' }
  | { readonly type: 'node.stopped' }
  /** Ctrl-C, `stop`, a terminal that is closed. */
  | { readonly type: 'signal.received' }
  /** Whoever started this process is gone. */
  | { readonly type: 'parent.left' }
  | { readonly type: 'timer.fired' }

export type ShutdownEffect =
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'stop'; readonly drainMs: number }
  | { readonly type: 'startTimer'; readonly delayMs: number }
  | { readonly type: 'leave'; readonly code: ExitCode }

export type ShutdownState =
  | { readonly type: 'starting' }
  | { readonly type: 'running' }
  | { readonly type: 'draining'; readonly sinceMs: number }
  | { readonly type: 'ending' }
  | { readonly type: 'over' }

/** Each bound with its reason. */
export const shutdownLimits = {
  /** As long as a person waits for a terminal; most answers end within it. */
  drainMs: 30_000,
  /** npm passes on a Ctrl-C that the terminal gave to us, too; no person presses twice as fast. */
  samePressMs: 250,
  /** The children are told at once; whatever hangs ends with this process. */
  endNowMs: 2_000,
} as const

export const initialShutdown: ShutdownState = { type: 'starting' }

export function stepShutdown(
  state: ShutdownState,
  event: ShutdownEvent,
  nowMs: number,
): Decision<ShutdownState, ShutdownEffect> {
  switch (event.type) {
    case 'node.started':
      return state.type === 'starting' ? { state: { type: 'running' }, effects: [] } : stay(state)
    case 'node.stopped':
      return stopped(state)
    case 'timer.fired':
      return state.type === 'ending' ? over(exitCodes.interrupted) : stay(state)
    case 'parent.left':
    case 'signal.received':
      return wish(state, event.type, nowMs)
  }
}

function wish(
  state: ShutdownState,
  type: 'parent.left' | 'signal.received',
  nowMs: number,
): Decision<ShutdownState, ShutdownEffect> {
  if (state.type === 'starting') return over(exitCodes.interrupted)
  if (state.type === 'running') return drain(nowMs)
  if (state.type !== 'draining' || type === 'parent.left') return stay(state)
  if (nowMs - state.sinceMs < shutdownLimits.samePressMs) return stay(state)
  return {
    state: { type: 'ending' },
    effects: [
      { type: 'say', text: 'Ending at once.' },
      { type: 'stop', drainMs: 0 },
      { type: 'startTimer', delayMs: shutdownLimits.endNowMs },
    ],
  }
}

function drain(nowMs: number): Decision<ShutdownState, ShutdownEffect> {
  const { drainMs } = shutdownLimits
  const text = `Stopping: running answers may finish, for up to ${drainMs / 1000} s; Ctrl-C again ends at once.`
  return {
    state: { type: 'draining', sinceMs: nowMs },
    effects: [
      { type: 'say', text },
      { type: 'stop', drainMs },
    ],
  }
}

function stopped(state: ShutdownState): Decision<ShutdownState, ShutdownEffect> {
  if (state.type === 'ending') return over(exitCodes.interrupted)
  if (state.type !== 'draining') return stay(state)
  const { effects } = over(exitCodes.ok)
  return { state: { type: 'over' }, effects: [{ type: 'say', text: 'Stopped.' }, ...effects] }
}

function over(code: ExitCode): Decision<ShutdownState, ShutdownEffect> {
  return { state: { type: 'over' }, effects: [{ type: 'leave', code }] }
}

function stay(state: ShutdownState): Decision<ShutdownState, ShutdownEffect> {
  return { state, effects: [] }
}
