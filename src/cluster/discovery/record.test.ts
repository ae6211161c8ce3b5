import { encode, type TxtAnswer } from 'dns-packet'
import { assert, nat, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatMultiaddress, type PeerId } from '../identity/index.ts'
import { type Announcement, readPacket, service, writeAnswer, writeQuestion } from './record.ts'

const peer = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5' as PeerId
const desk: Announcement = {
  peer,
  name: 'Küche, oben',
  clusterId: '0123456789abcdef0123456789abcdef',
  protocol: 1,
  port: 4001,
}

/** A packet that a machine on the LAN could send, with a few things as it likes. */
function forged(
  change: {
    texts?: string[]
    instance?: string
    port?: number
    hosts?: string[]
    target?: string
  } = {},
): Uint8Array {
  const instance = change.instance ?? `${peer}.${service}`
  const { name, clusterId } = desk
  const texts = change.texts ?? [`id=${peer}`, `name=${name}`, `cluster=${clusterId}`, 'protocol=1']
  const data: TxtAnswer['data'] = texts
  const target = change.target ?? `${peer}.local`
  const hosts = change.hosts ?? ['192.0.2.7']
  return encode({
    type: 'response',
    answers: [
      { type: 'PTR', name: service, ttl: 120, data: instance },
      { type: 'SRV', name: instance, ttl: 120, data: { port: change.port ?? 4001, target } },
      { type: 'TXT', name: instance, ttl: 120, data },
      ...hosts.map((host) => ({ type: 'A', name: `${peer}.local`, data: host }) as const),
    ],
  })
}

function addressesIn(packet: Uint8Array): string[] {
  const read = readPacket(packet)
  if (!Array.isArray(read)) return []
  return read.flatMap(({ addresses }) => addresses.map(formatMultiaddress))
}

describe('what a node says', () => {
  test('is read as it was meant', () => {
    const { port, ...told } = desk
    const addresses = [{ kind: 'ip4', host: '192.0.2.7', port }]
    expect(readPacket(writeAnswer(desk, '192.0.2.7'))).toEqual([
      { ...told, addresses, timeToLiveMs: 120_000 },
    ])
  })

  test('fits into a packet of Ethernet', () => {
    expect(writeAnswer({ ...desk, name: 'x'.repeat(128) }, '192.0.2.7').length).toBeLessThan(1_400)
  })

  test('is goodbye with no time to live', () => {
    expect(readPacket(writeAnswer(desk, '192.0.2.7', 0))).toMatchObject([{ timeToLiveMs: 0 }])
  })

  test('is asked for by its service, in any spelling', () => {
    expect(readPacket(writeQuestion())).toBe('question')
    const question = (name: string, type: 'PTR' | 'A') =>
      readPacket(encode({ type: 'query', questions: [{ name, type }] }))
    expect(question(service.toUpperCase(), 'PTR')).toBe('question')
    expect(question('_http._tcp.local', 'PTR')).toBeUndefined()
    expect(question(service, 'A')).toBeUndefined()
  })
})

describe('what strangers say', () => {
  test('is taken when it is whole', () => {
    expect(addressesIn(forged())).toEqual(['/ip4/192.0.2.7/tcp/4001'])
  })

  const { name, clusterId } = desk
  const rest = [`name=${name}`, `cluster=${clusterId}`, 'protocol=1']
  test.each([
    ['no id', { texts: rest }],
    ['an id that is none', { texts: ['id=12D3KooWnobody', ...rest] }],
    ['an id that is another than in its name', { instance: `other.${service}` }],
    ['no name', { texts: [`id=${peer}`, ...rest.slice(1)] }],
    [
      'a name that moves the cursor',
      { texts: [`id=${peer}`, 'name=a\u001b[2J', ...rest.slice(1)] },
    ],
    ['a name that turns the line around', { texts: [`id=${peer}`, 'name=a\u202e', ...rest] }],
    ['a name that is too long', { texts: [`id=${peer}`, `name=${'x'.repeat(129)}`, ...rest] }],
    ['a cluster that is none', { texts: [`id=${peer}`, 'cluster=home', ...rest] }],
    ['no protocol', { texts: [`id=${peer}`, ...rest.slice(0, 2)] }],
    ['a protocol that is none', { texts: [`id=${peer}`, 'protocol=0x1', ...rest] }],
    ['too much text', { texts: [`id=${peer}`, ...rest, ...Array(5).fill(`a=${'x'.repeat(240)}`)] }],
    ['port 0', { port: 0 }],
    ['addresses of another machine alone', { target: 'other.local' }],
    ['loopback', { hosts: ['127.0.0.1'] }],
    ['a group', { hosts: ['224.0.0.1', '255.255.255.255'] }],
    ['no machine', { hosts: ['0.0.0.0'] }],
  ])('is left out with %s', (_, change) => {
    expect(readPacket(forged(change))).toEqual([])
  })

  test('gives no more addresses than there is room for, and each once', () => {
    const hosts = Array.from({ length: 40 }, (_, i) => `192.0.2.${i % 20}`)
    expect(addressesIn(forged({ hosts })).length).toBe(8)
  })

  test('may be any bytes', () => {
    const whole = forged()
    assert(
      property(
        uint8Array({ maxLength: 600 }),
        nat(whole.length),
        nat(whole.length),
        (noise, cut, at) => {
          readPacket(noise)
          readPacket(whole.subarray(0, cut))
          const spoilt = Uint8Array.from(whole)
          spoilt.set(noise.subarray(0, Math.min(8, whole.length - at)), at)
          readPacket(spoilt)
        },
      ),
      { numRuns: 2_000 },
    )
    expect(readPacket(new Uint8Array(9_001))).toBeUndefined()
  })
})
