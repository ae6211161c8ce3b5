import { describe, expect, test } from 'vitest'
import {
  finishedKept,
  type OperationEvent,
  type OperationsState,
  runningFor,
  step,
} from './machine.ts'

/** Feeds events, one a millisecond; the state at the end, and what was to be done for the last one. */
function feed(events: readonly OperationEvent[], from: OperationsState = new Map()) {
  let decision: ReturnType<typeof step> = { state: from, effects: [] }
  for (const [i, event] of events.entries()) decision = step(decision.state, event, i)
  return decision
}

const begun = (id: string, engine = 'a'): OperationEvent => ({
  type: 'begun',
  id,
  action: 'stop',
  engine,
})
const draining: OperationEvent = { type: 'stepped', id: '1', step: 'waits', canCancel: true }
const ending: OperationEvent = { type: 'stepped', id: '1', step: 'ends', canCancel: false }
const cancel: OperationEvent = { type: 'cancel.asked', id: '1' }
const ended = (id: string): OperationEvent => ({
  type: 'ended',
  id,
  result: { state: 'succeeded' },
})

describe('an operation', () => {
  test('runs, tells each step, and ends with its time; every change is told once', () => {
    expect(feed([begun('1'), draining]).state.get('1')).toMatchObject({
      state: 'running',
      step: 'waits',
      canCancel: true,
      startedMs: 0,
    })
    const { state, effects } = feed([begun('1'), draining, ending, ended('1')])
    const operation = state.get('1')
    expect(operation).toMatchObject({ state: 'succeeded', step: 'ends', startedMs: 0, endedMs: 3 })
    expect(effects).toEqual([{ type: 'announce', operation }])
  })

  test('is given up once, and only while that has an effect', () => {
    const { state, effects } = feed([begun('1'), draining, cancel])
    expect(effects.map(({ type }) => type)).toEqual(['announce', 'abort'])
    expect(feed([cancel], state).effects).toEqual([])
    expect(feed([begun('1'), cancel]).effects).toEqual([])
    expect(feed([begun('1'), draining, ending, cancel]).effects).toEqual([])
  })

  test('that is given up too late ends as it ends', () => {
    const { state } = feed([begun('1'), draining, cancel, ending, ended('1')])
    expect(state.get('1')).toMatchObject({ state: 'succeeded', canCancel: false })
  })

  test('that is over is changed by nothing', () => {
    const { state } = feed([begun('1'), ended('1')])
    for (const late of [draining, cancel, ended('1')]) {
      expect(feed([late], state)).toEqual({ state, effects: [] })
    }
    expect(feed([ended('none')]).effects).toEqual([])
  })

  test('keeps its engine busy until it is over', () => {
    const { state } = feed([begun('1'), begun('2', 'b'), ended('2')])
    expect(runningFor(state, 'a')?.id).toBe('1')
    expect(runningFor(state, 'b')).toBeUndefined()
  })
})

test('those that are over are forgotten, the oldest first; one that runs never is', () => {
  const rounds = Array.from({ length: finishedKept + 5 }, (_, i) => [
    begun(`b${i}`, 'b'),
    ended(`b${i}`),
  ])
  const { state } = feed([begun('1'), ...rounds.flat()])
  const ids = [...state.keys()]
  expect(ids).toHaveLength(finishedKept + 1)
  expect(ids.slice(0, 2)).toEqual(['1', 'b5'])
})
