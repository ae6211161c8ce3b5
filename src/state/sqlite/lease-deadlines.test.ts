import { expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import { LeaseDeadlines } from './lease-deadlines.ts'

function setUp() {
  const clock = new ManualClock()
  const ended: string[] = []
  let isDiskFull = false
  const deadlines = new LeaseDeadlines({
    clock,
    end: async (lease) => {
      if (isDiskFull) throw new Error('full')
      ended.push(lease)
    },
    retryMs: 1_000,
  })
  const fill = (isFull: boolean) => {
    isDiskFull = isFull
  }
  return { clock, deadlines, ended, fill }
}

test('a lease whose end does not fit on the disk is over all the same, and ended when there is room', async () => {
  const { clock, deadlines, ended, fill } = setUp()
  deadlines.start([{ id: 'a', ttlMs: 5_000 }])
  fill(true)
  clock.advance(5_000)
  await Promise.resolve()
  expect(() => deadlines.restart('a')).toThrow(
    expect.objectContaining({ code: 'OD_STATE_LEASE_GONE' }),
  )
  deadlines.start([{ id: 'a', ttlMs: 5_000 }]) // the database was opened again and still has it
  expect(() => deadlines.restart('a')).toThrow()
  clock.advance(1_000)
  await Promise.resolve()
  fill(false)
  clock.advance(1_000)
  await Promise.resolve()
  expect(ended).toEqual(['a'])
})

test('one that is known runs on when the database was opened again', () => {
  const { clock, deadlines, ended } = setUp()
  deadlines.start([{ id: 'a', ttlMs: 5_000 }])
  clock.advance(3_000)
  deadlines.start([{ id: 'a', ttlMs: 5_000 }])
  clock.advance(2_000)
  expect(ended).toEqual(['a'])
})

test('nothing ends after a stop', () => {
  const { clock, deadlines, ended } = setUp()
  deadlines.start([{ id: 'a', ttlMs: 5_000 }])
  deadlines.stop()
  clock.advance(10_000)
  expect(ended).toEqual([])
})
