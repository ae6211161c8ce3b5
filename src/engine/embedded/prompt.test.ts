import { assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitTokens } from './prompt.ts'

describe('a prompt that is longer than the context', () => {
  test('keeps its first tokens and its end', () => {
    const tokens = Array.from({ length: 20 }, (_, index) => index)
    expect(fitTokens(tokens, 10, 4)).toEqual([0, 1, 2, 3, 17, 18, 19])
  })

  test('is left as it is when it fits', () => {
    expect(fitTokens([1, 2, 3], 4, 4)).toEqual([1, 2, 3])
  })

  test('always fits afterwards, is never empty, and ends as it ended', () => {
    const size = integer({ min: 4, max: 300 })
    assert(
      property(size, size, integer({ min: -5, max: 400 }), (length, contextTokens, numKeep) => {
        const tokens = Array.from({ length }, (_, index) => index)
        const fitted = fitTokens(tokens, contextTokens, numKeep)
        expect(fitted.length).toBeLessThan(Math.max(contextTokens, length + 1))
        expect(fitted.length).toBeLessThan(contextTokens)
        expect(fitted.at(-1)).toBe(length - 1)
      }),
    )
  })
})
