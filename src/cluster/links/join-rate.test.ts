import { expect, test } from 'vitest'
import { JoinRate } from './join-rate.ts'

const limits = { joinsPerMinute: 5, joinsPerSourceAndMinute: 2 }
const minuteMs = 60_000

test('a source may ask so often in a minute, and again when time has passed', () => {
  const rate = new JoinRate(limits)
  expect([1, 2, 3].map(() => rate.take('a', 0))).toEqual([true, true, false])
  expect([1, 2].map(() => rate.take('a', minuteMs / 2))).toEqual([true, false])
  expect([1, 2, 3].map(() => rate.take('a', 10 * minuteMs))).toEqual([true, true, false])
})

test('all together may ask so often', () => {
  const rate = new JoinRate(limits)
  const answers = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((source) => rate.take(source, 0))
  expect(answers).toEqual([true, true, true, true, true, false, false])
})

test('who is refused for itself takes nothing from others', () => {
  const rate = new JoinRate(limits)
  for (let i = 0; i < 100; i++) rate.take('a', 0)
  expect(['b', 'c', 'd'].map((source) => rate.take(source, 0))).toEqual([true, true, true])
})

test('a crowd of sources is bounded by the rate of all', () => {
  const rate = new JoinRate(limits)
  const taken = Array.from({ length: 10_000 }, (_, i) => rate.take(String(i), 0))
  expect(taken.filter(Boolean)).toHaveLength(limits.joinsPerMinute)
})
