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
  const end = silences.sent(peer)
  clock.advance(limits.silenceMs - 1)
  expect(silent).toEqual([])
  clock.advance(1)
  expect(silent).toEqual([peer])
  clock.advance(limits.longestLookMs)
  expect(silent).toEqual([peer, peer])
  end(false)
  clock.advance(60_000)
  expect(silent).toHaveLength(2)
})

test('what another request hears says that the node is reached', () => {
  const { clock, silent, silences } = setUp()
  silences.sent(peer)
  for (let i = 0; i < 5; i++) {
    const end = silences.sent(peer)
    clock.advance(limits.silenceMs - 1)
    end(true)
  }
  expect(silent).toEqual([])
  silences.sent(peer)(false) // it ended, and was not heard
  clock.advance(limits.silenceMs)
  expect(silent).toEqual([peer])
})
