import { expect, test } from 'vitest'
import { ManualClock } from '../sys/clock.ts'
import { limits, RetryBudget } from './retry-budget.ts'

const free = (limits.perSecondMin * limits.windowMs) / 1_000

function takeAll(budget: RetryBudget, slotsMax = 4): number {
  let taken = 0
  while (taken < 10_000 && budget.take(slotsMax)) taken++
  return taken
}

test('a quiet gateway has some for the death of one engine', () => {
  expect(takeAll(new RetryBudget(new ManualClock()))).toBe(free)
  expect(takeAll(new RetryBudget(new ManualClock()), 1_024)).toBe(1_024)
})

test('a busy one may send a fifth of its requests again', () => {
  const clock = new ManualClock()
  const budget = new RetryBudget(clock)
  for (let i = 0; i < 1_000; i++) {
    budget.began()
    clock.advance(5)
  }
  expect(takeAll(budget)).toBe(free + 1_000 * limits.share)
  expect(takeAll(budget)).toBe(0)
})

test('what was spent and what came is forgotten with the window', () => {
  const clock = new ManualClock()
  const budget = new RetryBudget(clock)
  for (let i = 0; i < 100; i++) budget.began()
  expect(takeAll(budget)).toBe(free + 100 * limits.share)
  clock.advance(limits.windowMs / 2)
  expect(takeAll(budget)).toBe(0)
  clock.advance(limits.windowMs / 2)
  expect(takeAll(budget)).toBe(free)
  clock.advance(10 * limits.windowMs)
  expect(takeAll(budget)).toBe(free)
})
