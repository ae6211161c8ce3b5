import { expect, test } from 'vitest'
import { type GovernorState, initialGovernor, observe, threadsOf } from './thread-governor.ts'

const calm = new Map([
  [1, 10],
  [2, 6],
])

/** Feeds steps whose time depends on the threads in use; gives the state and the time after them. */
function run(
  state: GovernorState,
  steps: number,
  stepMs: (threads: number) => number,
  startMs = 0,
): { state: GovernorState; nowMs: number; used: number[] } {
  let now = startMs
  let next = state
  const used: number[] = []
  for (let step = 0; step < steps; step++) {
    const threads = threadsOf(next) ?? 0
    used.push(threads)
    now += stepMs(threads)
    next = observe(next, stepMs(threads), now)
  }
  return { state: next, nowMs: now, used }
}

test('nothing changes while steps take what they should', () => {
  const { used } = run(initialGovernor(calm, 2), 200, () => 7)
  expect(new Set(used)).toEqual(new Set([2]))
})

test('a collapse steps down, and stays down where that is faster', () => {
  const { state, used } = run(initialGovernor(calm, 2), 20, (threads) => (threads === 2 ? 80 : 11))
  expect(used.slice(0, 8)).toEqual([2, 2, 2, 2, 2, 2, 2, 2])
  expect(threadsOf(state)).toBe(1)
})

test('steps that are slow for another reason bring the threads back at once', () => {
  const { state } = run(initialGovernor(calm, 2), 12, (threads) => (threads === 2 ? 30 : 50))
  expect(threadsOf(state)).toBe(2)
})

test('up again when the other work is over; as long as it is not, trials come more and more rarely', () => {
  const disturbed = (threads: number) => (threads === 2 ? 80 : 11)
  const busy = run(initialGovernor(calm, 2), 10_000, disturbed)
  const trials = busy.used.filter((threads) => threads === 2).length
  expect(trials).toBeLessThan(8 + 4 * 8) // 110 s: after 5, 10, 20 and 40 s, then every minute
  const after = run(busy.state, 20_000, (threads) => (threads === 2 ? 6 : 10), busy.nowMs)
  expect(threadsOf(after.state)).toBe(2)
})

test('where there is no choice nothing is tried', () => {
  const { state } = run(initialGovernor(new Map([[1, 10]]), 1), 100, () => 500)
  expect(threadsOf(state)).toBe(1)
})
