import { expect, test } from 'vitest'
import { percentile, Tally } from './tally.ts'
import type { AnswerClass } from './verdict.ts'

const question = {
  api: 'chat',
  isStreamed: true,
  model: 'tiny',
  isIndexed: true,
  tokensMax: 8,
} as const

const judged = (name: AnswerClass, firstTokenMs?: number) => ({
  question,
  verdict: { class: name, reason: 'because', status: 200, tokens: 2 },
  firstTokenMs,
})

test('percentiles are values that occurred', () => {
  const sorted = Array.from({ length: 100 }, (_, i) => i + 1)
  expect([50, 99, 100].map((percent) => percentile(sorted, percent))).toEqual([50, 99, 100])
  expect(percentile([7], 50)).toBe(7)
  expect(percentile([], 50)).toBeUndefined()
})

test('counts every class, keeps a few examples of each bad one', () => {
  const tally = new Tally(1_000)
  for (let i = 0; i < 5; i++) tally.add(i, judged('truncated', 10 * i))
  tally.add(5, judged('ok', 100))
  tally.add(6, judged('failed'))
  const summary = tally.summary(3_000)
  expect(summary).toMatchObject({ answers: 7, tokens: 14, elapsedMs: 2_000 })
  expect(summary.classes).toEqual({
    ok: 1,
    refused: 0,
    failed: 1,
    broken: 0,
    truncated: 5,
    corrupted: 0,
  })
  expect(summary.firstTokenMs).toEqual({ p50: 20, p99: 100 })
  expect(summary.examples.map(({ number }) => number)).toEqual([0, 1, 2, 6])
})
