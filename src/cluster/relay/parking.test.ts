import { array, assert, constantFrom, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PeerId } from '../identity/index.ts'
import { relayLimits } from './limits.ts'
import {
  initialParking,
  type ParkingEvent,
  type ParkingState,
  parkingStep,
  parkingTickMs,
  relaysUp,
} from './parking.ts'

const [a, b, c] = ['a', 'b', 'c'] as PeerId[] as [PeerId, PeerId, PeerId]
const step = parkingStep(relayLimits)

/** Feeds events; what was to be done by the last one. */
function run(events: readonly (readonly [ParkingEvent, number])[], from = initialParking) {
  let state: ParkingState = from
  let effects: string[] = []
  for (const [event, nowMs] of events) {
    const decision = step(state, event, nowMs)
    state = decision.state
    effects = decision.effects.map(({ type, relay }) => `${type} ${relay}`)
  }
  return { state, effects }
}

const candidates = (...peers: PeerId[]): ParkingEvent => ({ type: 'candidates', peers })
const of = (type: 'parked' | 'failed' | 'gone', relay: PeerId): ParkingEvent => ({ type, relay })
const times = <Item>(count: number, item: Item): Item[] => Array<Item>(count).fill(item)
const at = (nowMs: number, ...events: ParkingEvent[]) =>
  events.map((event) => [event, nowMs] as const)

/** Two relays with four streams each. */
const settled = run(
  at(0, candidates(a, b, c), ...times(4, of('parked', a)), ...times(4, of('parked', b))),
).state

describe('a node that cannot be dialled', () => {
  test('parks four streams at the first two members that can be', () => {
    const { effects } = run(at(0, candidates(a, b, c)))
    expect(effects).toEqual([...times(4, 'open a'), ...times(4, 'open b')])
  })

  test('tells of a relay once a stream is parked there', () => {
    expect(relaysUp(run(at(0, candidates(a, b))).state)).toEqual([])
    expect(relaysUp(run(at(0, candidates(a, b), of('parked', b))).state)).toEqual([b])
  })

  test('makes up for one that is used, and still tells of its relay', () => {
    const used = run(at(1, of('gone', a)), settled)
    expect(used.effects).toEqual(['open a'])
    expect(relaysUp(run(at(1, ...times(4, of('gone', a))), settled).state)).toEqual([a, b])
  })

  test('looks for another relay when one is lost, at once', () => {
    const lost = run(at(1, ...times(4, of('gone', a)), of('failed', a)), settled)
    expect(lost.effects).toEqual(times(4, 'open c'))
    expect(relaysUp(lost.state)).toEqual([b])
  })

  test('tries one that failed again, ever later', () => {
    const alone = run(at(0, candidates(a), ...times(4, of('failed', a))))
    expect(alone.effects).toEqual([])
    expect(parkingTickMs(alone.state, 0)).toBe(relayLimits.retryMs)
    expect(run(at(relayLimits.retryMs - 1, { type: 'tick' }), alone.state).effects).toEqual([])
    const again = run(at(relayLimits.retryMs, { type: 'tick' }), alone.state)
    expect(again.effects).toEqual(times(4, 'open a'))
    const twice = run(at(1_000, ...times(4, of('failed', a))), again.state)
    expect(parkingTickMs(twice.state, 1_000)).toBe(1_000 + 2 * relayLimits.retryMs)
  })

  test('leaves a member that is none any more, and what comes of it later counts nothing', () => {
    const without = run(at(1, candidates(b, c)), settled)
    expect(without.effects).toEqual(['leave a', ...times(4, 'open c')])
    expect(run(at(2, of('gone', a), of('failed', a)), without.state).effects).toEqual([])
  })

  test('that can be dialled after all leaves all of them', () => {
    const { effects, state } = run(at(1, candidates()), settled)
    expect(effects).toEqual(['leave a', 'leave b'])
    expect(relaysUp(state)).toEqual([])
  })
})

test('whatever happens, it never holds more than its share, and in the end as many as it may', () => {
  const event = record({
    type: constantFrom('parked', 'failed', 'gone', 'tick', 'candidates' as const),
    relay: constantFrom(a, b, c),
    peers: constantFrom([a, b, c], [c, b], [b], []),
  })
  assert(
    property(array(event, { maxLength: 60 }), (events) => {
      let state = initialParking
      let nowMs = 0
      /** What is open or being opened, as the world has it. */
      const world = new Map<PeerId, { parked: number; opening: number }>()
      const feed = (next: ParkingEvent): void => {
        const decision = step(state, next, nowMs)
        state = decision.state
        for (const { type, relay } of decision.effects) {
          const known = world.get(relay) ?? { parked: 0, opening: 0 }
          if (type === 'open') world.set(relay, { ...known, opening: known.opening + 1 })
          else world.delete(relay)
        }
      }
      const happen = (type: 'parked' | 'failed' | 'gone', relay: PeerId): void => {
        const known = world.get(relay)
        if (known === undefined || (type === 'gone' ? known.parked : known.opening) === 0) return
        if (type === 'gone') known.parked--
        else known.opening--
        if (type === 'parked') known.parked++
        feed({ type, relay })
      }
      for (const { type, relay, peers } of events) {
        nowMs += 300
        if (type === 'candidates') feed({ type, peers })
        else if (type === 'tick') feed({ type })
        else happen(type, relay)
        for (const { parked, opening } of world.values()) {
          expect(parked + opening).toBeLessThanOrEqual(relayLimits.parked)
        }
      }
      nowMs += relayLimits.retryMsMax
      feed(candidates(a, b, c))
      for (const [relay] of world) {
        while ((world.get(relay)?.opening ?? 0) > 0) happen('parked', relay)
      }
      const full = [...world.values()].filter(({ parked }) => parked === relayLimits.parked)
      expect(full.length).toBeGreaterThanOrEqual(relayLimits.relays)
    }),
    { numRuns: 500 },
  )
})
