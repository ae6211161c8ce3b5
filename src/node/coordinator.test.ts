import { beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../sys/clock.ts'
import { Coordinator } from './coordinator.ts'

let clock: ManualClock
let coordinator: Coordinator
let seen: string[]
beforeEach(() => {
  clock = new ManualClock()
  coordinator = new Coordinator(clock)
  seen = []
})

/** Starts a part that takes a second, and writes down what is done with it. */
async function start(name: string, fault: { start?: Error; stop?: Error } = {}): Promise<string> {
  return await coordinator.start({
    name,
    async start() {
      clock.advance(1_000)
      if (fault.start !== undefined) throw fault.start
      seen.push(`start ${name}`)
      return `made by ${name}`
    },
    async stop(value, drainMs) {
      seen.push(`stop ${name} within ${drainMs}, ${value}`)
      if (fault.stop !== undefined) throw fault.stop
    },
  })
}

const states = () => coordinator.statuses.map(({ name, state }) => `${name} ${state}`)

describe('S-059: the parts of a node', () => {
  test('start in order, are handed what they made, and stop in the reverse order', async () => {
    expect(await start('data')).toBe('made by data')
    await start('engines')
    await start('gateway')
    await coordinator.stop(500)
    expect(seen).toEqual([
      'start data',
      'start engines',
      'start gateway',
      'stop gateway within 500, made by gateway',
      'stop engines within 500, made by engines',
      'stop data within 500, made by data',
    ])
    expect(states()).toEqual(['data stopped', 'engines stopped', 'gateway stopped'])
  })

  test('that were started are stopped when one fails to, at once and before the error comes out', async () => {
    await start('data')
    await start('engines')
    const fault = new Error('the port is taken')
    await expect(start('gateway', { start: fault })).rejects.toBe(fault)
    expect(seen.slice(2)).toEqual([
      'stop engines within 0, made by engines',
      'stop data within 0, made by data',
    ])
    expect(states()).toEqual(['data stopped', 'engines stopped', 'gateway failed'])
  })

  test('stop although one of them fails to', async () => {
    await start('data')
    await start('engines', { stop: new Error('it hangs') })
    await coordinator.stop(0)
    expect(states()).toEqual(['data stopped', 'engines failed'])
  })
})

describe('S-060: the status of a part', () => {
  test('has its state, since when, and its last error', async () => {
    await start('data')
    await start('engines', { start: new Error('no room') }).catch(() => {})
    const startMs = new ManualClock().wallMs()
    expect(coordinator.statuses).toEqual([
      { name: 'data', state: 'stopped', sinceMs: startMs + 2_000, reason: 'the node stops' },
      {
        name: 'engines',
        state: 'failed',
        sinceMs: startMs + 2_000,
        reason: 'it could not be started',
        lastError: 'no room',
      },
    ])
  })

  test('is starting until the part is there, and stopping until it is gone', async () => {
    const begun = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const part = { name: 'gateway', start: () => begun.promise, stop: () => ended.promise }
    const starting = coordinator.start(part)
    expect(states()).toEqual(['gateway starting'])
    begun.resolve()
    await starting
    expect(states()).toEqual(['gateway running'])
    const stopping = coordinator.stop(100)
    expect(states()).toEqual(['gateway stopping'])
    ended.resolve()
    await stopping
    expect(states()).toEqual(['gateway stopped'])
  })
})

test('S-062 (part: impatience): a second stop with less time reaches the part that is draining, and those after it', async () => {
  const drained = Promise.withResolvers<void>()
  const times: number[] = []
  await start('engines')
  await coordinator.start({
    name: 'gateway',
    start: async () => {},
    stop(_, drainMs) {
      times.push(drainMs)
      if (drainMs === 0) drained.resolve()
      return drained.promise
    },
  })
  const first = coordinator.stop(30_000)
  const second = coordinator.stop(0)
  expect(second).toBe(first)
  await first
  expect(times).toEqual([30_000, 0])
  expect(seen.at(-1)).toBe('stop engines within 0, made by engines')
})
