import { expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import { bestThreads, calibrate } from './calibration.ts'

/** A machine on which a step takes as long as `stepMs` says. */
function machine(stepMs: (threads: number, width: number) => number) {
  const clock = new ManualClock()
  let threads = 0
  const used: number[] = []
  return {
    clock,
    used,
    setThreads: (count: number) => {
      threads = count
      used.push(count)
    },
    async decode(entries: readonly unknown[]) {
      clock.advance(stepMs(threads, entries.length))
    },
    clear: () => undefined,
  }
}

test('the fastest number of threads is kept, and widths are measured with it', async () => {
  const fast = machine((threads, width) => (12 / threads) * (1 + width / 4))
  const options = { threadCounts: [3, 1, 4], widthMax: 3, token: 1, clock: fast.clock }
  const { threads, stepMs, widthMs } = await calibrate(fast, options)
  expect(threads).toBe(4)
  expect([...stepMs.keys()]).toEqual([3, 1, 4])
  expect(widthMs.map((ms) => Math.round(ms * 100))).toEqual([375, 450, 525])
  expect(fast.used.at(-1)).toBe(4)
})

test('a thread that saves too little is left to others', () => {
  expect(
    bestThreads(
      new Map([
        [1, 10],
        [2, 9.5],
      ]),
    ),
  ).toBe(1)
  expect(
    bestThreads(
      new Map([
        [2, 6],
        [1, 10],
      ]),
    ),
  ).toBe(2)
  expect(bestThreads(new Map())).toBeUndefined()
})

test('a slow model is measured as far as the time goes: the first count first, no widths', async () => {
  const slow = machine(() => 700)
  const options = { threadCounts: [7, 3, 1, 8], widthMax: 4, token: 1, clock: slow.clock }
  const { threads, widthMs } = await calibrate(slow, options)
  expect(threads).toBe(7)
  expect(widthMs).toEqual([700])
  expect(slow.clock.nowMs()).toBeLessThanOrEqual(2_100)
})
