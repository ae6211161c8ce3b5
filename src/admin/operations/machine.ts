/**
 * What is known of long actions: which run, what each does now, how those that are over ended. One engine has one action at
 * a time. Those that are over are forgotten, the oldest first, once there are more than `finishedKept`.
 */
import type { Decision } from '../../core/loop.ts'

export const operationActions = ['start', 'stop', 'restart', 'remove', 'verify'] as const
export type OperationAction = (typeof operationActions)[number]

export const operationStates = ['running', 'succeeded', 'failed', 'cancelled'] as const

/** Why an action failed; as a refusal of the API says it. */
export interface OperationError {
  readonly error: string
  readonly code?: string
  readonly remedy?: string
}

/** One long action. */
export interface Operation {
  /** Names the start of the node too, so that an id of an earlier one is unknown. */
  readonly id: string
  readonly action: OperationAction
  readonly engine: string
  readonly state: (typeof operationStates)[number]
  /** What it does now or did last, one short clause. */
  readonly step: string
  /** Whether giving it up has an effect now. */
  readonly canCancel: boolean
  /** Milliseconds since 1970. */
  readonly startedMs: number
  /** Absent while it runs. */
  readonly endedMs?: number
  /** Set when it failed. */
  readonly error?: OperationError
}

export type OperationEvent =
  | ({ readonly type: 'begun' } & Pick<Operation, 'id' | 'action' | 'engine'>)
  | ({ readonly type: 'stepped' } & Pick<Operation, 'id' | 'step' | 'canCancel'>)
  | { readonly type: 'cancel.asked'; readonly id: string }
  | { readonly type: 'ended'; readonly id: string; readonly result: OperationResult }

export type OperationResult =
  | { readonly state: 'succeeded' }
  | { readonly state: 'cancelled' }
  | { readonly state: 'failed'; readonly error: OperationError }

export type OperationEffect =
  /** It is given up. */
  | { readonly type: 'abort'; readonly id: string }
  /** It began, goes on with something else, or is over. */
  | { readonly type: 'announce'; readonly operation: Operation }

/** By id, oldest first. */
export type OperationsState = ReadonlyMap<string, Operation>

/** Enough to look up what happened today; an operation takes some 500 bytes. */
export const finishedKept = 100

type OperationsDecision = Decision<OperationsState, OperationEffect>

export function step(
  state: OperationsState,
  event: OperationEvent,
  nowMs: number,
): OperationsDecision {
  if (event.type === 'begun') {
    const { id, action, engine } = event
    const begun = { id, action, engine, step: 'begins', canCancel: false, startedMs: nowMs }
    return changed(state, { ...begun, state: 'running' })
  }
  const operation = state.get(event.id)
  if (operation?.state !== 'running') return { state, effects: [] } // it is over, and nothing changes it
  switch (event.type) {
    case 'stepped':
      return changed(state, { ...operation, step: event.step, canCancel: event.canCancel })
    case 'cancel.asked': {
      if (!operation.canCancel) return { state, effects: [] }
      const decision = changed(state, { ...operation, step: 'is given up', canCancel: false })
      const abort: OperationEffect = { type: 'abort', id: operation.id }
      return { state: decision.state, effects: [...decision.effects, abort] }
    }
    case 'ended': {
      const ended = { ...operation, ...event.result, canCancel: false, endedMs: nowMs }
      const decision = changed(state, ended)
      return { ...decision, state: withoutOldest(decision.state) }
    }
  }
}

/** The action that an engine is busy with. */
export function runningFor(state: OperationsState, engine: string): Operation | undefined {
  return [...state.values()].find((one) => one.engine === engine && one.state === 'running')
}

function changed(state: OperationsState, operation: Operation): OperationsDecision {
  return {
    state: new Map(state).set(operation.id, operation),
    effects: [{ type: 'announce', operation }],
  }
}

function withoutOldest(state: OperationsState): OperationsState {
  const finished = [...state.values()].filter((one) => one.state !== 'running')
  const left = new Map(state)
  for (const { id } of finished.slice(0, Math.max(0, finished.length - finishedKept))) {
    left.delete(id)
  }
  return left
}
