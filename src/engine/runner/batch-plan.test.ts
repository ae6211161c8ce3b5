import { array, assert, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BatchBounds, type BatchPlan, commonPrefix, planBatch } from './batch-plan.ts'

const bounds: BatchBounds = {
  batchTokensMax: 8,
  widthFor: (answers) => answers,
  promptTokensFor: (answers) => (answers > 0 ? 4 : 8),
}
const sequence = (id: number, tokens: number, evaluated: number, steppedAt = 0) => ({
  sequence: id,
  tokens: Array.from({ length: tokens }, (_, index) => id * 100 + index),
  evaluated,
  steppedAt,
})
const counts = ({ entries }: BatchPlan) => {
  const result: Record<number, number> = {}
  for (const entry of entries) result[entry.sequence] = (result[entry.sequence] ?? 0) + 1
  return result
}

describe('the next batch', () => {
  test('a lone prompt fills it, and only its last token asks for output', () => {
    expect(planBatch([sequence(0, 3, 0)], bounds).entries).toEqual([
      { sequence: 0, token: 0, position: 0, wantsOutput: false },
      { sequence: 0, token: 1, position: 1, wantsOutput: false },
      { sequence: 0, token: 2, position: 2, wantsOutput: true },
    ])
  })

  test('a long prompt goes in pieces; a piece in the middle asks for no output', () => {
    const { entries } = planBatch([sequence(0, 20, 8)], bounds)
    expect(entries.map(({ position }) => position)).toEqual([8, 9, 10, 11, 12, 13, 14, 15])
    expect(entries.some(({ wantsOutput }) => wantsOutput)).toBe(false)
  })

  test('running answers share one batch, one token each', () => {
    const plan = planBatch([sequence(0, 5, 4), sequence(1, 9, 8)], bounds)
    expect(counts(plan)).toEqual({ 0: 1, 1: 1 })
    expect(plan.answers).toBe(2)
  })

  test('where a wide step is slow, running answers take turns: who waited longest goes first', () => {
    const narrow = { ...bounds, widthFor: () => 2 }
    const steppedAt = [7, 5, 6, 7]
    const answers = steppedAt.map((last, id) => sequence(id, 5, 4, last))
    expect(counts(planBatch(answers, narrow))).toEqual({ 1: 1, 2: 1 })
  })

  test('beside a prompt nobody takes turns: each would wait for several pieces of it', () => {
    const narrow = { ...bounds, widthFor: () => 1 }
    const running = [1, 2, 3].map((id) => sequence(id, 9, 8))
    expect(counts(planBatch([sequence(0, 50, 0), ...running], narrow))).toEqual({
      0: 4,
      1: 1,
      2: 1,
      3: 1,
    })
  })

  test('a prompt beside running answers gets a bounded share, so that they do not wait long', () => {
    expect(counts(planBatch([sequence(0, 50, 0), sequence(1, 9, 8)], bounds))).toEqual({
      0: 4,
      1: 1,
    })
  })

  test('the older of two prompts goes first', () => {
    expect(counts(planBatch([sequence(3, 6, 0), sequence(1, 6, 0)], bounds))).toEqual({
      3: 6,
      1: 2,
    })
  })

  test('never more than the batch holds, each position once and in order, and always some work', () => {
    const one = record({
      length: integer({ min: 1, max: 30 }),
      evaluated: integer({ min: 0, max: 29 }),
    })
    assert(
      property(array(one, { minLength: 1, maxLength: 12 }), (shapes) => {
        const sequences = shapes.map(({ length, evaluated }, id) =>
          sequence(id, length, Math.min(evaluated, length - 1)),
        )
        const { entries } = planBatch(sequences, bounds)
        expect(entries.length).toBeLessThanOrEqual(bounds.batchTokensMax)
        expect(entries.length).toBeGreaterThan(0)
        for (const { sequence: id, evaluated } of sequences) {
          const own = entries.filter((entry) => entry.sequence === id)
          expect(own.map(({ position }) => position)).toEqual(own.map((_, i) => evaluated + i))
        }
      }),
    )
  })
})

test.each([
  [[1, 2, 3], [1, 2, 4], 2],
  [[], [1], 0],
  [[1, 2], [1, 2, 3], 2],
  [[9], [1], 0],
])('the common prefix of %j and %j is %i long', (a, b, length) => {
  expect(commonPrefix(a, b)).toBe(length)
})
