import { expect, test } from 'vitest'
import { ManualClock } from '../sys/clock.ts'
import { silentLog } from '../sys/log.ts'
import { DroppedConnections } from './dropped.ts'

function counting() {
  const lines: unknown[] = []
  const clock = new ManualClock()
  const write = (level: string) => (fields: object, event: string) => {
    lines.push([level, event, fields])
  }
  const log = { ...silentLog, info: write('info'), warn: write('warn') }
  return { lines, clock, dropped: new DroppedConnections({ log, clock, everyMs: 1_000 }) }
}

test('a crowd is one line with its counts, the next crowd another', () => {
  const { lines, clock, dropped } = counting()
  for (let i = 0; i < 500; i++) dropped.count('silent')
  clock.advance(999)
  expect(lines).toEqual([])
  clock.advance(1)
  dropped.count('overLimit')
  clock.advance(5_000)
  expect(lines).toEqual([
    ['info', 'connections.dropped', { silent: 500, overLimit: 0 }],
    ['warn', 'connections.dropped', { silent: 0, overLimit: 1 }],
  ])
})

test('what is counted at the end is written at once, and nothing without a count', () => {
  const { lines, clock, dropped } = counting()
  dropped.flush()
  dropped.count('silent')
  dropped.flush()
  clock.advance(5_000)
  expect(lines).toHaveLength(1)
})
