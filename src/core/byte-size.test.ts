import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatByteSize, parseByteSize, toFixedLikeGo } from './byte-size.ts'

describe('parseByteSize', () => {
  test.each([
    ['512', 512],
    ['64MiB', 67_108_864],
    ['10GB', 10_000_000_000],
    ['10gb', 10_000_000_000],
    ['1.5 GB', 1_500_000_000],
    ['2KiB', 2_048],
    ['7B', 7],
    ['1TiB', 1_099_511_627_776],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes)
  })

  test.each(['', 'GB', '10G', '-1', '1e3', '10 GBs', '1..5MB', '10  GB', '9999999TB', '0x10'])(
    'refuses "%s"',
    (text) => {
      expect(parseByteSize(text)).toBeUndefined()
    },
  )
})

describe('formatByteSize', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 KB'],
    [3_070_144, '3.1 MB'],
    [98_363_269, '98 MB'],
    [4_700_000_000, '4.7 GB'],
    [2_000_000_000_000, '2 TB'],
    [1_250_000, '1.2 MB'],
    [1_350_000, '1.4 MB'],
  ])('%d bytes is %s, as `ollama list` prints it', (bytes, text) => {
    expect(formatByteSize(bytes)).toBe(text)
  })

  test('is read back to within the digit that it shows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9e15 }), (bytes) => {
        const read = parseByteSize(formatByteSize(bytes)) ?? Number.NaN
        expect(Math.abs(read - bytes)).toBeLessThanOrEqual(bytes / 10)
      }),
    )
  })
})

test('toFixedLikeGo sends an exact half to the even digit and nothing else', () => {
  expect([0.125, 0.375, 1.005, 2.675].map((value) => toFixedLikeGo(value, 2))).toEqual([
    '0.12',
    '0.38',
    '1.00',
    '2.67',
  ])
})
