import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import { EventLog, eventsKept } from './event-log.ts'

function logWith(count: number, clock = new ManualClock()) {
  const log = new EventLog(clock)
  const ids: string[] = []
  log.listen(({ id }) => ids.push(id))
  for (let i = 1; i <= count; i++) log.add('engine.changed', { number: i })
  return { log, ids }
}

describe('whoever comes back', () => {
  test('gets exactly what came after the event seen last', () => {
    const { log, ids } = logWith(5)
    const { events, hasGap } = log.after(ids[2] ?? '')
    expect(events.map(({ id }) => id)).toEqual(ids.slice(3))
    expect(hasGap).toBe(false)
    expect(log.after(ids[4] ?? '')).toEqual({ events: [], hasGap: false })
  })

  test('is told of a gap only when something was dropped', () => {
    const { log, ids } = logWith(eventsKept + 3)
    const all = log.after(ids[2] ?? '')
    expect([all.hasGap, all.events.length]).toEqual([false, eventsKept])
    const late = log.after(ids[1] ?? '')
    expect([late.hasGap, late.events[0]?.id]).toEqual([true, ids[3]])
  })

  test('with an id of another start, of the future or of nowhere gets all, and a gap', () => {
    const { log, ids } = logWith(2)
    const clock = new ManualClock()
    clock.advance(60_000)
    const other = logWith(2, clock)
    const future = (ids[1] ?? '').replace(/2$/, '9')
    for (const id of [...other.ids, future, 'x', '', `${ids[0]}.5`]) {
      const { events, hasGap } = log.after(id)
      expect([hasGap, events.map((event) => event.id)]).toEqual([true, ids])
    }
  })
})

test('a listener that left hears nothing more', () => {
  const { log } = logWith(0)
  const heard: string[] = []
  const stop = log.listen(({ type }) => heard.push(type))
  log.add('a', {})
  stop()
  log.add('b', {})
  expect(heard).toEqual(['a'])
})
