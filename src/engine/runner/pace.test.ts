import { expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import { Pace } from './pace.ts'

function start() {
  const clock = new ManualClock()
  const threads: number[] = []
  const stepMs = new Map([
    [1, 10],
    [2, 6],
  ])
  const calibration = { threads: 2, stepMs, widthMs: [6, 14, 15, 16] }
  const pace = new Pace({ calibration, setThreads: (count) => threads.push(count), clock })
  return { pace, threads, clock }
}

test('prompts beside answers get the share that their measured speed allows, alone a whole step', () => {
  const { pace } = start()
  expect(pace.promptTokens(0)).toBe(128)
  expect(pace.promptTokens(4)).toBe(16) // 4 ms a token at first, from the widest step
  for (let i = 0; i < 50; i++) pace.observe({ answers: 0, promptTokens: 100 }, 100)
  const threeSteps = [1, 4].map((answers) => pace.promptTokens(answers))
  expect(threeSteps).toEqual([17, 47]) // 3 · 6 ms and 3 · 16 ms at about 1 ms a token
  for (let i = 0; i < 50; i++) pace.observe({ answers: 0, promptTokens: 100 }, 5_000)
  expect(pace.promptTokens(4)).toBe(16)
})

test('of a slow model answers wait for 100 ms of a prompt, however long their own steps are', () => {
  const calibration = { threads: 1, stepMs: new Map([[1, 400]]), widthMs: [400, 404, 408, 412] }
  const pace = new Pace({ calibration, setThreads: () => undefined, clock: new ManualClock() })
  for (let i = 0; i < 50; i++) pace.observe({ answers: 1, promptTokens: 99 }, 200)
  expect(pace.promptTokens(1)).toBe(49)
})

test('a collapse of shared steps is seen as well, and the context is told', () => {
  const { pace, threads, clock } = start()
  for (let i = 0; i < 8; i++) {
    clock.advance(160)
    pace.observe({ answers: 4, promptTokens: 0 }, 160)
  }
  expect(threads).toEqual([1])
  expect(pace.threads).toBe(1)
})
