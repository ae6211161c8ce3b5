import { expect, test } from 'vitest'
import { formatMultiaddress, type Multiaddress, parseMultiaddress } from '../identity/index.ts'
import { inOrder } from './dial.ts'

const peer = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'
const circuitAt = (host: string) =>
  read(
    `/ip4/${host}/tcp/4001/p2p/12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X/p2p-circuit/p2p/${peer}`,
  )
const read = (text: string) => parseMultiaddress(text) as Multiaddress

const [home, away] = [read('/ip4/192.168.1.7/tcp/4001'), read('/ip4/192.0.2.7/tcp/4001')]
const [one, two] = [circuitAt('192.0.2.1'), circuitAt('192.0.2.2')]
const order = (last?: Multiaddress) => inOrder([one, home, two, away], last).map(formatMultiaddress)

test('addresses of the node itself are before those behind relays', () => {
  expect(order()).toEqual([home, away, one, two].map(formatMultiaddress))
})

test('a relay that worked is first, since the others failed then', () => {
  expect(order(two)).toEqual([two, home, away, one].map(formatMultiaddress))
})

test('an address of the node itself that worked changes nothing', () => {
  expect(order(away)).toEqual(order())
})

test('a relay that is told of no more is not tried', () => {
  expect(inOrder([home, one], two)).toEqual([home, one])
})
