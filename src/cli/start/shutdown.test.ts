import { describe, expect, test } from 'vitest'
import {
  initialShutdown,
  shutdownLimits as limits,
  type ShutdownEvent,
  stepShutdown,
} from './shutdown.ts'

/** Feeds events, each with the milliseconds since the one before, and gives what was done without the words. */
function run(...events: [ShutdownEvent['type'], afterMs?: number][]): string[] {
  let state = initialShutdown
  let nowMs = 0
  return events.flatMap(([type, afterMs = 1_000]) => {
    nowMs += afterMs
    const decision = stepShutdown(state, { type }, nowMs)
    state = decision.state
    return decision.effects.flatMap((effect) => {
      if (effect.type === 'stop') return `stop ${effect.drainMs}`
      if (effect.type === 'startTimer') return `timer ${effect.delayMs}`
      return effect.type === 'leave' ? `leave ${effect.code}` : []
    })
  })
}

describe('a node that runs', () => {
  test('drains at the first signal and leaves with 0', () => {
    expect(run(['node.started'], ['signal.received'], ['node.stopped'])).toEqual([
      `stop ${limits.drainMs}`,
      'leave 0',
    ])
  })

  test('ends at once at the second, and leaves with 130', () => {
    const second = run(['node.started'], ['signal.received'], ['signal.received'], ['node.stopped'])
    expect(second).toEqual([
      `stop ${limits.drainMs}`,
      'stop 0',
      `timer ${limits.endNowMs}`,
      'leave 130',
    ])
  })

  test('leaves even when its end hangs', () => {
    const events = run(['node.started'], ['signal.received'], ['signal.received'], ['timer.fired'])
    expect(events.at(-1)).toBe('leave 130')
  })

  test('takes a signal that comes twice for one press', () => {
    const twice = ['signal.received', limits.samePressMs - 1] as const
    expect(run(['node.started'], ['signal.received'], [...twice], ['node.stopped'])).toEqual([
      `stop ${limits.drainMs}`,
      'leave 0',
    ])
  })

  test('drains when its parent is gone, and does not take that for a second signal', () => {
    const drained = [`stop ${limits.drainMs}`, 'leave 0']
    expect(run(['node.started'], ['parent.left'], ['node.stopped'])).toEqual(drained)
    expect(run(['node.started'], ['signal.received'], ['parent.left'], ['node.stopped'])).toEqual(
      drained,
    )
  })

  test('leaves once', () => {
    const events = run(
      ['node.started'],
      ['signal.received'],
      ['signal.received'],
      ['timer.fired'],
      ['node.stopped'],
      ['signal.received'],
      ['timer.fired'],
    )
    expect(events.filter((effect) => effect.startsWith('leave'))).toHaveLength(1)
  })
})

test('a node on its way up leaves at the first signal', () => {
  expect(run(['signal.received'], ['node.started'], ['node.stopped'])).toEqual(['leave 130'])
  expect(run(['parent.left'])).toEqual(['leave 130'])
})

test('what is said names the time and the way to end at once', () => {
  const running = { type: 'running' } as const
  const [say] = stepShutdown(running, { type: 'signal.received' }, 0).effects
  expect(say).toMatchObject({
    type: 'say',
    text: expect.stringMatching(/up to 30 s.*Ctrl-C again/),
  })
})
