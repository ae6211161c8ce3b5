import { describe, expect, test } from 'vitest'
import type { PeerId } from '../identity/index.ts'
import { relayLimits } from './limits.ts'
import { dueWitnesses, needsRelay, type Testimony, type Witnesses } from './reachability.ts'

const peers = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as PeerId[]
const [a, b] = peers as [PeerId, PeerId]
const { sureMs, unsureMs, unknownMs } = relayLimits

function said(...words: Testimony[]): Witnesses {
  return new Map(words.map((word, i) => [peers[i] as PeerId, { said: word, atMs: 0 }]))
}

describe('a node needs relays', () => {
  test.each([
    ['before anyone was asked', [], true],
    ['when nobody could say', ['unknown', 'unknown'], true],
    ['not when one reached it and others could not say', ['unknown', 'reached'], false],
    ['when one reached it and another did not', ['reached', 'not-reached'], true],
    ['not when all reached it', ['reached', 'reached'], false],
  ] as const)('%s', (_, words, expected) => {
    expect(needsRelay(said(...words))).toBe(expected)
  })
})

describe('witnesses', () => {
  const askAt = (nowMs: number, witnesses: Witnesses, members = peers) =>
    dueWitnesses(witnesses, members, nowMs, relayLimits)

  test('are the first few members', () => {
    expect(askAt(0, new Map()).ask).toEqual(peers.slice(0, relayLimits.witnesses))
  })

  test('are asked again, the surer they were the later', () => {
    const witnesses = said('reached', 'not-reached', 'unknown', 'reached', 'reached')
    expect(askAt(unknownMs - 1, witnesses).ask).toEqual([])
    expect(askAt(unknownMs, witnesses).ask).toEqual(['c'])
    expect(askAt(unsureMs, witnesses).ask).toEqual(['b', 'c'])
    expect(askAt(sureMs, witnesses).ask).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('who is no member any more does not count, and another is asked', () => {
    const { ask, kept } = askAt(0, said('not-reached', 'reached'), [b, ...peers.slice(2)])
    expect([...kept.keys()]).toEqual([b])
    expect(ask).toEqual(['c', 'd', 'e', 'f'])
    expect(ask).not.toContain(a)
  })
})
