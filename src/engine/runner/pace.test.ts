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
  expect(pace.promptTokens(4)).toBe(12) // 3 · 16 ms at 4 ms a token at first, as in the widest step
  for (let i = 0; i < 50; i++) pace.observe({ answers: 0, promptTokens: 100 }, 100)
  const threeSteps = [1, 4].map((answers) => pace.promptTokens(answers))
  expect(threeSteps).toEqual([17, 47]) // 3 · 6 ms and 3 · 16 ms at about 1 ms a token
  for (let i = 0; i < 50; i++) pace.observe({ answers: 0, promptTokens: 100 }, 5_000)
  expect(pace.promptTokens(4)).toBe(1)
})

test('of a slow model answers wait for a piece as long as for a step of their own', () => {
  const calibration = { threads: 1, stepMs: new Map([[1, 400]]), widthMs: [400, 404, 408, 412] }
  const pace = new Pace({ calibration, setThreads: () => undefined, clock: new ManualClock() })
  for (let i = 0; i < 50; i++) pace.observe({ answers: 0, promptTokens: 100 }, 1_000)
  expect(pace.promptTokens(1)).toBe(39) // 400 ms at about 10 ms a token
})

/** A machine: what a step of so many answers takes, and a token of a prompt beside them. */
const machines = [
  { name: 'one core, where a token costs the same in any step', answersMs: 8.5, tokenMs: 8.5 },
  { name: 'several cores', answersMs: 6, tokenMs: 1.5 },
  { name: 'a graphics card', answersMs: 0.5, tokenMs: 0.05, fixedMs: 9 },
  { name: 'a large model on a processor', answersMs: 20, tokenMs: 90, fixedMs: 300 },
]

test.each(machines)(
  '$name: no gap is five times the usual one, and a prompt gets half of the time or whole pieces',
  ({ answersMs, tokenMs, fixedMs = 0 }) => {
    const stepMs = (answers: number) => fixedMs + answers * answersMs
    const widthMs = [1, 2, 3, 4].map(stepMs)
    const stepMsByThreads = new Map([[1, stepMs(1)]])
    const calibration = { threads: 1, stepMs: stepMsByThreads, widthMs }
    const pace = new Pace({ calibration, setThreads: () => undefined, clock: new ManualClock() })
    const slower = 1.3 // a longer context than that of the calibration
    for (let i = 0; i < 30; i++) {
      pace.observe({ answers: 3, promptTokens: 0 }, stepMs(3) * slower)
    }
    const usualMs = stepMs(3) * slower
    let [promptMs, allMs, worst] = [0, 0, 0]
    for (let done = 0; done < 3_000; ) {
      const promptTokens = pace.promptTokens(3)
      const growth = 1 + done / 3_000 // attention to what was read before
      const pieceMs = promptTokens * tokenMs * growth
      const ms = usualMs + pieceMs
      pace.observe({ answers: 3, promptTokens }, ms)
      worst = Math.max(worst, ms / usualMs)
      promptMs += pieceMs
      allMs += ms
      done += promptTokens
    }
    expect(worst).toBeLessThan(5)
    const isWhole = pace.promptTokens(3) === pace.promptTokens(0)
    expect(isWhole || promptMs / allMs > 0.4).toBe(true)
  },
)

test('a collapse of shared steps is seen as well, and the context is told', () => {
  const { pace, threads, clock } = start()
  for (let i = 0; i < 8; i++) {
    clock.advance(160)
    pace.observe({ answers: 4, promptTokens: 0 }, 160)
  }
  expect(threads).toEqual([1])
  expect(pace.threads).toBe(1)
})
