import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { until } from '../../../tests/support/until.ts'
import { ManualClock } from '../../sys/clock.ts'
import {
  formatMultiaddress,
  type Multiaddress,
  type PeerId,
  parseMultiaddress,
} from '../identity/index.ts'
import { dialBackAnswerer, dialBackQuestion, mayBeDialled, readTestimony } from './dial-back.ts'
import { relayLimits } from './limits.ts'

const peer = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5' as PeerId
const other = '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X' as PeerId

const read = (texts: readonly string[]) =>
  texts.map(parseMultiaddress).filter((one): one is Multiaddress => one !== undefined)

/** A member that is asked; `reaches` says what comes of a dial. */
function witness(told: readonly string[], reaches: () => Promise<TLSSocket>) {
  const clock = new ManualClock()
  const dialled: string[] = []
  const answer = dialBackAnswerer({
    client: {
      connect(_, addresses) {
        dialled.push(...addresses.map(formatMultiaddress))
        return reaches()
      },
    },
    addressesOf: () => read(told),
    ownHosts: () => ['192.0.2.1'],
    clock,
  })
  const ask = async (by: PeerId = peer, meant = told): Promise<string> => {
    const request = new IncomingMessage(new Socket())
    request.push(dialBackQuestion(read(meant)))
    request.push(null)
    const response = new ServerResponse(request)
    let body = ''
    Object.assign(response, { end: (text: string) => void (body = text) })
    await answer(by, request, response)
    return (JSON.parse(body) as { said: string }).said
  }
  return { clock, dialled, ask }
}

const connected = () => Promise.resolve(new Socket() as TLSSocket)
const refused = () => Promise.reject<TLSSocket>(new Error('closed'))
const there = ['/ip4/192.0.2.7/tcp/4001']

describe('a member that is asked to dial back', () => {
  test('says whether the asking node answered at an address that it tells everyone', async () => {
    expect(await witness(there, connected).ask()).toBe('reached')
    expect(await witness(there, refused).ask()).toBe('not-reached')
  })

  test('says no when it takes too long', async () => {
    const { ask, dialled, clock } = witness(there, () => new Promise(() => {}))
    const said = ask()
    await until('it is dialled', () => dialled.length > 0)
    clock.advance(relayLimits.dialBackMs)
    expect(await said).toBe('not-reached')
  })

  test('dials no more than a few addresses, none of this machine, none that is nobody’s', async () => {
    const many = Array.from({ length: 20 }, (_, i) => `/ip4/192.0.2.${i}/tcp/4001`)
    const { ask, dialled } = witness(['/ip4/127.0.0.1/tcp/22', '/dns/nas/tcp/22', ...many], refused)
    await ask()
    expect(dialled).toEqual(
      many
        .filter((text) => !text.startsWith('/ip4/192.0.2.1/'))
        .slice(0, relayLimits.dialBackAddressesMax),
    )
  })

  test('cannot say about addresses of which it has not heard yet, and does not dial those', async () => {
    const { ask, dialled } = witness(there, connected)
    expect(await ask(peer, ['/ip4/192.0.2.8/tcp/22'])).toBe('unknown')
    expect(dialled).toEqual([])
  })

  test('cannot say when it is told of no such address', async () => {
    const { ask, dialled } = witness(['/ip4/127.0.0.1/tcp/4001'], connected)
    expect(await ask()).toBe('unknown')
    expect(dialled).toEqual([])
  })

  test('dials so often for one member in a minute and no more, which is not taken from others', async () => {
    const { ask, dialled, clock } = witness(there, refused)
    for (let i = 0; i < relayLimits.dialBacksPerMinute; i++) await ask()
    expect(await ask()).toBe('unknown')
    expect(dialled.length).toBe(relayLimits.dialBacksPerMinute)
    expect(await ask(other)).toBe('not-reached')
    clock.advance(60_001)
    expect(await ask()).toBe('not-reached')
  })

  test('dials for so many at once and no more', async () => {
    const { ask, dialled, clock } = witness(there, () => new Promise(() => {}))
    const asked = Array.from({ length: relayLimits.dialBacksMax + 1 }, () => ask())
    await until('they are dialled', () => dialled.length === relayLimits.dialBacksMax)
    clock.advance(relayLimits.dialBackMs)
    const said = await Promise.all(asked)
    expect(said.filter((word) => word === 'unknown').length).toBe(1)
    expect(dialled.length).toBe(relayLimits.dialBacksMax)
  })
})

test.each([
  ['/ip4/192.168.1.7/tcp/4001', true],
  ['/ip6/2001:db8::7/tcp/4001', true],
  ['/ip4/127.0.0.1/tcp/4001', false],
  ['/ip4/0.0.0.0/tcp/4001', false],
  ['/ip4/169.254.1.1/tcp/4001', false],
  ['/ip4/239.1.1.1/tcp/4001', false],
  ['/ip6/::1/tcp/4001', false],
  ['/ip6/::ffff:127.0.0.1/tcp/4001', false],
  ['/ip6/fe80::1/tcp/4001', false],
  ['/ip6/ff02::1/tcp/4001', false],
  ['/dns/nas/tcp/4001', false],
  [`/ip4/192.0.2.1/tcp/4001/p2p/${peer}/p2p-circuit/p2p/${other}`, false],
])('%s may be dialled for others: %s', (text, expected) => {
  expect(read([text]).map(mayBeDialled)).toEqual([expected])
})

test.each([
  [200, '{"said":"reached"}', 'reached'],
  [200, '{"said":"not-reached"}', 'not-reached'],
  [200, '{"said":true}', 'unknown'],
  [200, 'null', 'unknown'],
  [200, '<html>', 'unknown'],
  [404, '{"said":"reached"}', 'unknown'],
])('an answer %i %s says %s', (status, body, expected) => {
  expect(readTestimony(status, Buffer.from(body))).toBe(expected)
})
