import { expect, test } from 'vitest'
import { bestWidth } from './batch-width.ts'

test('all go together where that is faster per token', () => {
  expect(bestWidth([10, 12, 14, 16], 4)).toBe(4)
})

test('two take turns where a step of two takes more than twice as long', () => {
  expect(bestWidth([10, 25, 29, 31], 2)).toBe(1)
})

test('four go together although two do not: figures of a 135M model on one thread', () => {
  const ms = [1000 / 117, 2000 / 94, 3000 / 105, 4000 / 118]
  expect([1, 2, 3, 4].map((answers) => bestWidth(ms, answers))).toEqual([1, 1, 1, 4])
})

test('a wider step that is as fast is taken: nobody waits for a turn', () => {
  expect(bestWidth([10, 20.3], 2)).toBe(2)
})

test('what was not measured is taken to be good', () => {
  expect(bestWidth([], 3)).toBe(3)
  expect(bestWidth([10], 3)).toBe(3)
})
