import { expect, test } from 'vitest'
import { isTooSlow } from './body-bounds.ts'
import { gatewayLimits } from './limits.ts'

test.each([
  ['nothing yet, but early', 0, 4_999, false],
  ['nothing after the time to start', 0, 5_000, true],
  ['just fast enough', 5 * 1024, 5_000, false],
  ['a byte below', 5 * 1024 - 1, 5_000, true],
  ['fast, just before the end of its time', 50_000_000, 59_999, false],
  ['its time is over, and it is slower than a long one must be', 50_000_000, 60_000, true],
  ['long, and just fast enough to go on', 60 * 1024 * 1024, 60_000, false],
  ['long, and stopped', 70 * 1024 * 1024, 71_000, true],
])('a body is too slow: %s', (_, receivedBytes, elapsedMs, expected) => {
  expect(isTooSlow(receivedBytes, elapsedMs, gatewayLimits)).toBe(expected)
})
