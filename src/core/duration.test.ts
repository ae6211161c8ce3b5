import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDurationMs, parseGoDuration, readGoDuration } from './duration.ts'

describe('parseGoDuration', () => {
  test.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ])('S-105 (part: duration syntax): %s is %d ms', (text, ms) => {
    expect(parseGoDuration(text)).toBe(ms)
  })

  test.each([
    ['0', 0],
    ['1h2m3.5s', 3_723_500],
    ['-1m', -60_000],
    ['+100ms', 100],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['5.s', 5_000],
    ['10us', 0.01],
    ['10µs', 0.01],
    ['1ns', 0.000001],
    ['1s1s', 2_000],
  ])('reads %s as Go does', (text, ms) => {
    expect(parseGoDuration(text)).toBe(ms)
  })

  test.each([
    ['', 'time: invalid duration ""'],
    ['bad', 'time: invalid duration "bad"'],
    ['300', 'time: missing unit in duration "300"'],
    ['5x', 'time: unknown unit "x" in duration "5x"'],
    ['1h ', 'time: unknown unit "h " in duration "1h "'],
    ['5é', String.raw`time: unknown unit "\xc3\xa9" in duration "5\xc3\xa9"`],
    ['.s', 'time: invalid duration ".s"'],
    ['2562048h', 'time: invalid duration "2562048h"'],
  ])('refuses "%s" with the sentence of Go', (text, reason) => {
    expect(readGoDuration(text)).toEqual({ ok: false, reason })
    expect(parseGoDuration(text)).toBeUndefined()
  })

  test('refuses a text of a million digits at once', () => {
    expect(parseGoDuration(`${'9'.repeat(1_000_000)}h`)).toBeUndefined()
  })
})

describe('formatDurationMs', () => {
  test.each([
    [300_000, '5m'],
    [5_400_000, '1h30m'],
    [250, '250ms'],
    [90_000, '1m30s'],
    [1_500, '1.5s'],
    [3_600_000, '1h'],
    [0, '0s'],
    [-60_000, '-1m'],
    [0.25, '250µs'],
    [0.000001, '1ns'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDurationMs(ms)).toBe(text)
  })

  test('is read back as the same number for any whole milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9e12, max: 9e12 }), (ms) => {
        expect(parseGoDuration(formatDurationMs(ms))).toBe(ms)
      }),
    )
  })
})
