import { describe, expect, test } from 'vitest'
import { relativeTime, roughDuration } from './relative-time.ts'

const nowMs = Date.parse('2026-06-01T12:00:00Z')
const hours = 3_600_000
const days = 24 * hours

describe('a duration', () => {
  // From Ollama's format/time.go: each bound, and the step before it.
  test.each([
    [0, 'Less than a second'],
    [999, 'Less than a second'],
    [1_000, '1 second'],
    [59_999, '59 seconds'],
    [60_000, 'About a minute'],
    [120_000, '2 minutes'],
    [hours - 1, '59 minutes'],
    [hours, 'About an hour'],
    [1.4 * hours, 'About an hour'],
    [1.6 * hours, '2 hours'],
    [47.4 * hours, '47 hours'],
    [48 * hours, '2 days'],
    [13 * days, '13 days'],
    [14 * days, '2 weeks'],
    [59 * days, '8 weeks'],
    [60 * days, '2 months'],
    [2 * 365 * days, '2 years'],
  ])('of %i ms is %s', (ms, text) => {
    expect(roughDuration(ms)).toBe(text)
  })
})

describe('a time', () => {
  test.each([
    ['2026-06-01T11:57:00.123456789Z', '2 minutes ago'],
    ['2026-06-01T14:05:00+02:00', '5 minutes from now'],
    ['0001-01-01T00:00:00Z', 'Never'],
    ['2318-01-01T00:00:00Z', 'Forever'],
    ['', '-'],
    ['yesterday', '-'],
  ])('%s is %s', (at, text) => {
    expect(relativeTime(at, nowMs)).toBe(text)
  })
})
