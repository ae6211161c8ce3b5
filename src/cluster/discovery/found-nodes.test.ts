import { expect, test } from 'vitest'
import { formatMultiaddress, type PeerId, parseMultiaddress } from '../identity/index.ts'
import { FoundNodes } from './found-nodes.ts'
import { limits } from './limits.ts'
import type { HeardNode } from './record.ts'

const source = '192.0.2.1'

function heard(peer: string, change: Partial<HeardNode> & { host?: string } = {}): HeardNode {
  const { host = '192.0.2.1', ...rest } = change
  const address = parseMultiaddress(`/ip4/${host}/tcp/4001`)
  if (address === undefined) throw new Error(host)
  return {
    peer: peer as PeerId,
    name: peer,
    clusterId: 'c',
    protocol: 1,
    addresses: [address],
    timeToLiveMs: 120_000,
    ...rest,
  }
}

const addressesOf = (nodes: FoundNodes, nowMs: number) =>
  nodes.list(nowMs).flatMap(({ addresses }) => addresses.map(formatMultiaddress))

test('who is heard is found until it was silent for its time', () => {
  const nodes = new FoundNodes()
  expect(nodes.hear(heard('a'), source, 0)).toBe(true)
  expect(nodes.hear(heard('a'), source, 60_000)).toBe(false) // nothing new
  expect(nodes.list(179_999).length).toBe(1)
  expect(nodes.list(180_000).length).toBe(0)
})

test('who says goodbye is gone', () => {
  const nodes = new FoundNodes()
  nodes.hear(heard('a'), source, 0)
  expect(nodes.hear(heard('a', { timeToLiveMs: 0 }), source, 1)).toBe(true)
  expect(nodes.list(1)).toEqual([])
})

test('an old address goes in its time, a new one is first', () => {
  const nodes = new FoundNodes()
  nodes.hear(heard('a'), source, 0)
  expect(nodes.hear(heard('a', { host: '192.0.2.9' }), '192.0.2.9', 100_000)).toBe(true)
  expect(addressesOf(nodes, 100_000)).toEqual([
    '/ip4/192.0.2.9/tcp/4001',
    '/ip4/192.0.2.1/tcp/4001',
  ])
  expect(addressesOf(nodes, 120_000)).toEqual(['/ip4/192.0.2.9/tcp/4001'])
})

test('a cluster that it joined is told', () => {
  const nodes = new FoundNodes()
  nodes.hear(heard('a'), source, 0)
  expect(nodes.hear(heard('a', { clusterId: 'd' }), source, 1)).toBe(true)
  expect(nodes.list(1)).toMatchObject([{ clusterId: 'd' }])
})

test('a machine that invents nodes gets no more than its share, and drives nobody out', () => {
  const nodes = new FoundNodes()
  nodes.hear(heard('first'), '192.0.2.2', 0)
  for (let i = 0; i < 1_000; i++) nodes.hear(heard(`invented-${i}`), source, 1)
  expect(nodes.list(1).length).toBe(1 + limits.foundPerSourceMax)
  for (let i = 0; i < 1_000; i++) nodes.hear(heard(`more-${i}`), `198.51.100.${i}`, 2)
  expect(nodes.list(2).length).toBe(limits.foundMax)
  expect(nodes.list(2)[0]?.name).toBe('first')
})

test('addresses of one node have a bound', () => {
  const nodes = new FoundNodes()
  for (let i = 0; i < 100; i++) nodes.hear(heard('a', { host: `192.0.2.${i}` }), source, i)
  expect(addressesOf(nodes, 100).length).toBe(limits.addressesMax)
  expect(addressesOf(nodes, 100)[0]).toBe('/ip4/192.0.2.99/tcp/4001')
})
