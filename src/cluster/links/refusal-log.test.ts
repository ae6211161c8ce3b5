import { expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import { type Log, silentLog } from '../../sys/log.ts'
import { RefusalLog } from './refusal-log.ts'

const minuteMs = 60_000

function makeLog() {
  const lines: object[] = []
  const log: Log = { ...silentLog, warn: (fields, event) => void lines.push({ event, ...fields }) }
  const clock = new ManualClock()
  return { lines, clock, refusals: new RefusalLog({ log, clock, sourcesMax: 3 }) }
}

test('each source has one line in a minute, and those that were not written are counted', () => {
  const { lines, clock, refusals } = makeLog()
  for (let i = 0; i < 10; i++) refusals.add('a', 'handshake', { detail: 'EPROTO' })
  refusals.add('b', 'not-a-member')
  expect(lines).toEqual([
    { event: 'link.refused', source: 'a', reason: 'handshake', detail: 'EPROTO' },
    { event: 'link.refused', source: 'b', reason: 'not-a-member' },
  ])
  clock.advance(minuteMs)
  expect(lines.slice(2)).toEqual([{ event: 'link.refused-more', count: 9 }])
  refusals.add('a', 'slow')
  expect(lines).toHaveLength(4)
})

test('so many sources at most have a line', () => {
  const { lines, clock, refusals } = makeLog()
  for (let i = 0; i < 1_000; i++) refusals.add(String(i), 'half-open')
  clock.advance(minuteMs)
  expect(lines).toHaveLength(4)
  expect(lines.at(-1)).toEqual({ event: 'link.refused-more', count: 997 })
})

test('a minute without refusals is not mentioned', () => {
  const { lines, clock, refusals } = makeLog()
  refusals.add('a', 'slow')
  clock.advance(10 * minuteMs)
  expect(lines).toHaveLength(1)
})
