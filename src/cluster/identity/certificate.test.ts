import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { identityOf } from './identity.ts'
import { peerIdOf } from './peer-id.ts'

test('a certificate carries the key, is signed by it, and has no end', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { certificate, peer } = identityOf(privateKey)
  const read = new X509Certificate(certificate)
  expect(read.publicKey.equals(createPublicKey(privateKey))).toBe(true)
  expect(peerIdOf(read.publicKey)).toBe(peer)
  expect(read.verify(read.publicKey)).toBe(true)
  expect(read.checkPrivateKey(privateKey)).toBe(true)
  expect([read.subject, read.issuer]).toEqual([`CN=${peer}`, `CN=${peer}`])
  expect([read.validFrom, read.validTo]).toEqual([
    'Jan  1 00:00:00 1970 GMT',
    'Dec 31 23:59:59 9999 GMT',
  ])
})

test('the same key gives the same certificate', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  expect(identityOf(privateKey).certificate).toBe(identityOf(privateKey).certificate)
})
