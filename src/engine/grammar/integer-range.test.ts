import { assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import { integerRange } from './integer-range.ts'

/** GBNF of ranges is a regular expression but for its quotes and spaces. */
function matcher(min?: number, max?: number): RegExp {
  return new RegExp(`^(?:${integerRange(min, max)?.replaceAll(/[" ]/g, '')})$`)
}

test('a range holds the numbers between its bounds and no others', () => {
  const number = integer({ min: -12_000, max: 12_000 })
  assert(
    property(number, number, number, (a, b, probe) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)]
      const range = matcher(min, max)
      for (const value of [probe, min, max, min - 1, max + 1, 0]) {
        expect(range.test(String(value))).toBe(value >= min && value <= max)
      }
    }),
  )
})

test('a range may be open, and may be empty', () => {
  expect(matcher(7).test('123456789012345')).toBe(true)
  expect(matcher(7).test('6')).toBe(false)
  expect(matcher(undefined, -3).test('-99999')).toBe(true)
  expect(matcher(undefined, -3).test('-2')).toBe(false)
  expect(integerRange(3, 2)).toBeUndefined()
})

test('no number has leading zeros', () => {
  expect(matcher(0, 500).test('007')).toBe(false)
})
