import {
  assert,
  constantFrom,
  integer,
  ipV4,
  ipV6,
  oneof,
  option,
  property,
  record,
  tuple,
} from 'fast-check'
import { expect, test } from 'vitest'
import { formatMultiaddress, parseMultiaddress } from './multiaddress.ts'
import type { PeerId } from './peer-id.ts'

const peer = '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X' as PeerId

test.each([
  [`/ip4/192.168.1.100/tcp/4001/p2p/${peer}`, 'ip4', '192.168.1.100', 4001, peer],
  ['/ip6/2001:db8::1/tcp/1', 'ip6', '2001:db8::1', 1, undefined],
  ['/dns4/node-2.example.com/tcp/65535', 'dns4', 'node-2.example.com', 65_535, undefined],
  [`/dns6/a.b/tcp/80/p2p/${peer}`, 'dns6', 'a.b', 80, peer],
  ['/dns/nas/tcp/4001', 'dns', 'nas', 4001, undefined],
])('%s is read and written', (text, kind, host, port, id) => {
  const address = parseMultiaddress(text)
  expect(address).toEqual({ kind, host, port, ...(id === undefined ? {} : { peer: id }) })
  expect(address && formatMultiaddress(address)).toBe(text)
})

test('an address behind another node is read and written', () => {
  const relay = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5' as PeerId
  const text = `/ip4/192.0.2.1/tcp/4001/p2p/${relay}/p2p-circuit/p2p/${peer}`
  const address = parseMultiaddress(text)
  expect(address).toEqual({ kind: 'ip4', host: '192.0.2.1', port: 4001, peer, relay })
  expect(address && formatMultiaddress(address)).toBe(text)
})

// As `@multiformats/multiaddr` 13 writes them.
test.each([
  [`/ip6/2001:DB8:0:0::1/tcp/1/ipfs/${peer}`, `/ip6/2001:db8::1/tcp/1/p2p/${peer}`],
  ['/ip6/::ffff:1.2.3.4/tcp/1', '/ip6/::ffff:102:304/tcp/1'],
  ['/ip4/1.2.3.4/tcp/1/', '/ip4/1.2.3.4/tcp/1'],
])('%s is another spelling of %s', (text, usual) => {
  const address = parseMultiaddress(text)
  expect(address && formatMultiaddress(address)).toBe(usual)
})

test.each([
  '',
  '192.168.1.100:4001',
  '/ip4/192.168.1.100',
  '/ip4/192.168.1.100/udp/4001',
  '/ip4/192.168.1.100/tcp/4001/ws',
  '/ip4/256.1.1.1/tcp/1',
  '/ip4/01.2.3.4/tcp/1',
  '/ip4/::1/tcp/1',
  '/ip4/1.2.3.4/tcp/0',
  '/ip4/1.2.3.4/tcp/01',
  '/ip4/1.2.3.4/tcp/65536',
  '/ip4/1.2.3.4/tcp/1/p2p/',
  '/ip4/1.2.3.4/tcp/1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
  '/ip4/1.2.3.4/tcp/1\n',
  `/ip4/1.2.3.4/tcp/1/p2p-circuit/p2p/${peer}`,
  `/ip4/1.2.3.4/tcp/1/p2p/${peer}/p2p-circuit`,
  `/ip4/1.2.3.4/tcp/1/p2p/${peer}/p2p-circuit/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N`,
  `/ip4/1.2.3.4/tcp/1/p2p/${peer}/p2p-circuit/p2p/${peer}/p2p-circuit/p2p/${peer}`,
  '/ip6/1.2.3.4/tcp/1',
  '/ip6/fe80::1%eth0/tcp/1',
  '/dns4/1.2.3.4/tcp/1',
  '/dns/-a/tcp/1',
  '/dns/a..b/tcp/1',
  '/dns/a b/tcp/1',
  `/dns/${'a.'.repeat(130)}a/tcp/1`,
  `/dns/${'a'.repeat(1_000_000)}/tcp/1`,
])('"%.60s" is no address of a node', (text) => {
  expect(parseMultiaddress(text)).toBeUndefined()
})

test('every address comes back from its text, and its text does not change any more', () => {
  const host = oneof(
    tuple(constantFrom('ip4' as const), ipV4()),
    tuple(constantFrom('ip6' as const), ipV6()),
    tuple(constantFrom('dns' as const, 'dns4' as const, 'dns6' as const), constantFrom('a', 'b.c')),
  )
  const parts = record({
    host,
    port: integer({ min: 1, max: 65_535 }),
    id: option(constantFrom(peer)),
  })
  assert(
    property(parts, ({ host: [kind, name], port, id }) => {
      const written = formatMultiaddress({ kind, host: name, port, ...(id && { peer: id }) })
      const address = parseMultiaddress(written)
      expect(address).toMatchObject({ kind, port, ...(id && { peer: id }) })
      const again = address && formatMultiaddress(address)
      expect(again && parseMultiaddress(again)).toEqual(address)
    }),
  )
})
