import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { assert, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase58, encodeBase58 } from './base58.ts'
import { type PeerId, parsePeerId, peerIdOf, publicKeyOf } from './index.ts'
import { rawPublicKey } from './peer-id.ts'

/** Seeds, and what `@libp2p/peer-id` 6.0 says to their keys. */
const known = [
  ['00'.repeat(32), '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'],
  ['01'.repeat(32), '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'],
  ['ff'.repeat(32), '12D3KooWHoSyTgntm77sXShoeX9uNkqKNMhHxKtskaHqnA54SrSG'],
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', // RFC 8032 §7.1, test 1
    '12D3KooWQK1wnefoLrcVHbbnf5tLzbopUd3K3bFAoJpA7YJgL5pV',
  ],
] as const

describe('the name of a key', () => {
  test.each(known)('seed %s: %s', (seed, id) => {
    const publicKey = publicKeyOfSeed(Buffer.from(seed, 'hex'))
    expect(peerIdOf(publicKey)).toBe(id)
    expect(parsePeerId(id)).toBe(id)
    expect(publicKeyOf(id as PeerId).equals(publicKey)).toBe(true)
  })

  test('any key comes back from its name', () => {
    assert(
      property(uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        const publicKey = publicKeyOfSeed(seed)
        const id = peerIdOf(publicKey)
        expect(id && parsePeerId(id)).toBe(id)
        expect(id && rawPublicKey(publicKeyOf(id))).toEqual(rawPublicKey(publicKey))
      }),
    )
  })

  test('another kind of key has none', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect([peerIdOf(publicKey), peerIdOf(privateKey)]).toEqual([undefined, undefined])
    expect(peerIdOf(generateKeyPairSync('ed25519').privateKey)).toBeUndefined()
    expect(peerIdOf(generateKeyPairSync('x25519').publicKey)).toBeUndefined()
  })
})

const [, [, id]] = known

test.each([
  '',
  id.slice(1),
  `${id}1`,
  `2${id.slice(1)}`,
  id.replace('K', '0'),
  id.toLowerCase(),
  ` ${id}`,
  'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N', // of an RSA key
  'bafzaajaiaejcapdrzyhupsm6mo4ygw7fdstwmz7dgpbjpf6wwwaacvxgpfqpefpi', // the longer form
  'z'.repeat(100_000),
])('"%.60s" is no name of a node', (text) => {
  expect(parsePeerId(text)).toBeUndefined()
})

describe('base 58', () => {
  // draft-msporny-base58, test vectors.
  test.each([
    ['48656c6c6f20576f726c6421', '2NEpo7TZRRrLZSi2U'],
    ['0000287fb4cd', '11233QC4'],
    ['', ''],
    ['00', '1'],
  ])('%s is %s', (hex, text) => {
    expect(encodeBase58(Buffer.from(hex, 'hex'))).toBe(text)
    expect(Buffer.from(decodeBase58(text) ?? []).toString('hex')).toBe(hex)
  })

  test('any bytes come back', () => {
    assert(
      property(uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decodeBase58(encodeBase58(bytes))).toEqual(bytes)
      }),
    )
  })
})

function publicKeyOfSeed(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  return createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
}
