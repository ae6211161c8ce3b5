import { expect, test } from 'vitest'
import { TransferLine } from './transfer-line.ts'

const blob = { status: 'pulling abc', digest: 'sha256:abc', total: 100_000_000 }

test('a blob shows its share, sizes, rate and time left; a step its words', () => {
  const line = new TransferLine()
  expect(line.textOf({ status: 'pulling manifest' }, 0)).toBe('pulling manifest')
  expect(line.textOf(blob, 0)).toBe(`pulling abc   0% ▕${' '.repeat(24)}▏ 0 B/100 MB`)
  expect(line.textOf({ ...blob, completed: 25_000_000 }, 1_000)).toBe(
    `pulling abc  25% ▕${'█'.repeat(6)}${' '.repeat(18)}▏ 25 MB/100 MB 25 MB/s 3s`,
  )
  expect(line.textOf({ ...blob, completed: 100_000_000 }, 4_000)).toBe(
    `pulling abc 100% ▕${'█'.repeat(24)}▏ 100 MB/100 MB`,
  )
})

test('the rate is that of the last seconds, and of this blob alone', () => {
  const line = new TransferLine()
  line.textOf({ ...blob, completed: 50_000_000 }, 0)
  line.textOf({ ...blob, completed: 50_000_000 }, 10_000)
  expect(line.textOf({ ...blob, completed: 51_000_000 }, 11_000)).toContain(' 1 MB/s 49s')
  const other = { ...blob, digest: 'sha256:def' }
  expect(line.textOf({ ...other, completed: 60_000_000 }, 11_500)).toMatch(/ MB$/)
  expect(line.textOf({ ...other, completed: 60_010_000 }, 12_500)).toContain('KB/s 1h06m')
})
