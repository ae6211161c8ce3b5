import { describe, expect, test } from 'vitest'
import type { FoundNode } from '../../cluster/discovery/index.ts'
import { type PeerId, parseMultiaddress } from '../../cluster/identity/index.ts'
import { targetsAmong } from './finding.ts'

function node(name: string, clusterId: string): FoundNode {
  const address = parseMultiaddress('/ip4/192.0.2.1/tcp/4001')
  if (address === undefined) throw new Error('no address')
  return { peer: `peer-of-${name}` as PeerId, name, clusterId, protocol: 1, addresses: [address] }
}

const peersOf = (targets: readonly { peer: PeerId }[]) => targets.map(({ peer }) => peer)

describe('whom to ask of those that were found', () => {
  test('nobody is an error that says what to do', () => {
    expect(() => targetsAmong([], true)).toThrow('no node was heard')
  })

  test('nodes of one cluster are asked one after the other', () => {
    const found = [node('desk', 'a'), node('attic', 'a')]
    expect(peersOf(targetsAmong(found, false))).toEqual(['peer-of-desk', 'peer-of-attic'])
  })

  test('without a token there must be no choice, and the choice is shown', () => {
    const found = [node('desk', 'a'), node('attic', 'b')]
    expect(() => targetsAmong(found, false)).toThrow(
      'desk at /ip4/192.0.2.1/tcp/4001/p2p/peer-of-desk, attic at /ip4/192.0.2.1/tcp/4001/p2p/peer-of-attic',
    )
    expect(targetsAmong(found, true)).toHaveLength(2)
  })

  test('a network full of them has a bound', () => {
    const found = Array.from({ length: 100 }, (_, i) => node(`n${i}`, `${i}`))
    expect(targetsAmong(found, true)).toHaveLength(16)
  })
})
