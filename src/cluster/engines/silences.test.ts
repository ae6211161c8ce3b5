import { expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import type { PeerId } from '../identity/index.ts'
import { limits } from './limits.ts'
import { Silences } from './silences.ts'

const peer = 'one' as PeerId

function setUp() {
  const clock = new ManualClock()
  const silent: PeerId[] = []
  return { clock, silent, silences: new Silences(clock, (one) => silent.push(one)) }
}

test('a node of which nothing is heard is looked at after a second, and again as long as it lasts', () => {
  const { clock, silent, silences } = setUp()
  const request = silences.sent(peer)
  clock.advance(limits.silenceMs - 1)
  expect(silent).toEqual([])
  clock.advance(1)
  expect(silent).toEqual([peer])
  clock.advance(limits.longestLookMs)
  expect(silent).toEqual([peer, peer])
  request.ended()
  clock.advance(60_000)
  expect(silent).toHaveLength(2)
})

test('what another request hears says that the node is reached', () => {
  const { clock, silent, silences } = setUp()
  silences.sent(peer)
  for (let i = 0; i < 5; i++) {
    const other = silences.sent(peer)
    clock.advance(limits.silenceMs - 1)
    other.begun()
    other.ended()
  }
  expect(silent).toEqual([])
  silences.sent(peer).ended() // and was not heard
  clock.advance(limits.silenceMs)
  expect(silent).toEqual([peer])
})

test('a node whose answers have all begun is looked at later, and soon again when something new is sent', () => {
  const { clock, silent, silences } = setUp()
  const stream = silences.sent(peer)
  stream.begun()
  clock.advance(limits.streamSilenceMs - 1)
  expect(silent).toEqual([])
  clock.advance(1)
  expect(silent).toEqual([peer])
  const other = silences.sent(peer)
  clock.advance(limits.silenceMs)
  expect(silent).toEqual([peer, peer])
  other.begun()
  other.begun()
  other.ended()
  other.ended()
  stream.ended()
  clock.advance(60_000)
  expect(silent).toHaveLength(2)
})
