import { generateKeyPairSync } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from './bytes.ts'
import { encodeBody, openEntry, readEntry, sealEntry } from './entry.ts'
import { decodePacket, encodePacket, type Packet, packetBytes } from './packet.ts'
import { limits } from './timings.ts'

const keys = generateKeyPairSync('ed25519')
const uint32 = fc.nat(2 ** 32 - 1)
const node = fc.stringMatching(/^[!-~]{1,128}$/)
const epoch = fc.nat(2 ** 48 - 1)
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const head = fc.record({ node, epoch, sequence: uint32, isDoubted: fc.boolean() })
const entry = fc
  .record({
    node,
    epoch,
    sequence: uint32,
    lifetimeMs: uint32,
    body: fc.dictionary(fc.string(), fc.json()),
  })
  .map(({ body, ...rest }) => sealEntry(rest, encodeBody(body), keys.privateKey))
const packet: fc.Arbitrary<Packet> = fc.record({
  ping: optional(uint32),
  ack: optional(uint32),
  heard: optional(uint32),
  pingFor: optional(fc.record({ target: node, number: uint32 })),
  digest: fc.constantFrom(0, 1, 2, 64, 256).map((count) => new Uint32Array(count).fill(7)),
  heads: fc.array(head, { maxLength: 5 }),
  entries: fc.array(entry, { maxLength: 3 }),
}) as fc.Arbitrary<Packet>

describe('a packet', () => {
  test('is read as it was written, in as many bytes as were foretold', () => {
    fc.assert(
      fc.property(packet, (sent) => {
        const bytes = encodePacket(sent)
        expect(bytes).toHaveLength(packetBytes(sent))
        const got = decodePacket(bytes)
        const opened = got.entries?.map((sealed) => openEntry(sealed, keys.publicKey))
        expect({ ...sent, ...got, entries: opened }).toEqual(sent)
      }),
      { numRuns: 200 },
    )
  })

  test('with any bytes spoilt or missing is refused or read, and never anything else', () => {
    fc.assert(
      fc.property(packet, fc.nat(), fc.nat(255), fc.nat(), (sent, at, value, length) => {
        const bytes = encodePacket(sent).slice()
        bytes[at % bytes.length] = value
        for (const given of [bytes, bytes.subarray(0, length % bytes.length)]) {
          const refusal = attempt(() => decodePacket(given))
          if (refusal !== undefined) expect(refusal).toMatchObject({ code: 'OD_GOSSIP_MALFORMED' })
        }
      }),
      { numRuns: 500 },
    )
  })

  test('is refused above its bound', () => {
    expect(() => decodePacket(new Uint8Array(limits.packetBytesMax + 1))).toThrow('too large')
  })
})

describe('an entry', () => {
  const version = { node: 'a', epoch: 1, sequence: 2, lifetimeMs: 3 }
  const sealed = sealEntry(version, encodeBody({ slots: 4 }), keys.privateKey)

  test('is opened with its own key and with no other', () => {
    expect(openEntry(sealed, keys.publicKey)?.body).toEqual({ slots: 4 })
    expect(openEntry(sealed, generateKeyPairSync('ed25519').publicKey)).toBeUndefined()
  })

  test('is not opened when any byte of it is another', () => {
    for (let at = 2; at < sealed.bytes.length; at++) {
      const bytes = Uint8Array.from(sealed.bytes)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      const spoilt = attempt(() => readEntry(new ByteReader(bytes)))
      if (spoilt === undefined) {
        expect(openEntry(readEntry(new ByteReader(bytes)), keys.publicKey)).toBeUndefined()
      }
    }
  })

  test.each(['[1]', 'null', '"text"', '{', ''])('is not opened with the body %j', (body) => {
    const odd = sealEntry(version, Buffer.from(body), keys.privateKey)
    expect(openEntry(odd, keys.publicKey)).toBeUndefined()
  })

  test('has a bound', () => {
    const body = { name: 'x'.repeat(limits.bodyBytesMax) }
    expect(() => encodeBody(body)).toThrow(
      expect.objectContaining({ code: 'OD_NODE_ENTRY_TOO_LARGE' }),
    )
  })
})

function attempt(act: () => unknown): unknown {
  try {
    act()
    return undefined
  } catch (error) {
    return error
  }
}
