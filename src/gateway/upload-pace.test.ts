import { expect, test } from 'vitest'
import { UploadPace } from './upload-pace.ts'

const limits = { uploadIdleMs: 30_000, uploadRateMs: 60_000, uploadBytesPerSecondMin: 100 }

/** A sender that sends so many bytes every so many seconds, and is waited for all the time. */
function isCut(bytes: number, everyMs: number, totalMs: number): boolean {
  const pace = new UploadPace(limits)
  pace.waits(0)
  for (let nowMs = everyMs; nowMs <= totalMs; nowMs += everyMs) {
    if (pace.isTooSlow(nowMs)) return true
    pace.took(bytes, nowMs)
    pace.waits(nowMs)
  }
  return false
}

test('silence is borne for a while, and not longer', () => {
  const pace = new UploadPace(limits)
  pace.waits(1_000)
  expect(pace.isTooSlow(30_999)).toBe(false)
  expect(pace.isTooSlow(31_000)).toBe(true)
})

test('a sender above the rate may take hours, one below it may not', () => {
  expect(isCut(2_000, 10_000, 10 * 3_600_000)).toBe(false)
  expect(isCut(900, 10_000, 120_000)).toBe(true)
})

test('a fast beginning does not pay for a slow end', () => {
  const pace = new UploadPace(limits)
  pace.waits(0)
  pace.took(10_000_000, 1)
  pace.waits(1)
  const verdicts = Array.from({ length: 20 }, (_, i) => {
    const nowMs = (i + 1) * 10_000
    const isSlow = pace.isTooSlow(nowMs)
    pace.took(1, nowMs)
    pace.waits(nowMs)
    return isSlow
  })
  expect(verdicts.indexOf(true)).toBe(11) // at 120 s: the stretch after that of the beginning
})

test('time in which nobody wants bytes does not count', () => {
  const pace = new UploadPace(limits)
  pace.waits(0)
  pace.took(1, 10)
  expect(pace.isTooSlow(3_600_000)).toBe(false)
  pace.waits(3_600_000)
  expect(pace.isTooSlow(3_629_999)).toBe(false)
})
