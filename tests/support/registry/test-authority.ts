/** A certificate authority that nobody knows, and a certificate by it. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  bits,
  element,
  objectId,
  sequence,
  set,
  smallInteger,
  utf8,
} from '../../../src/cluster/identity/der.ts'

/** PEM texts. */
export interface CertifiedServer {
  readonly authority: string
  readonly cert: string
  readonly key: string
}

/** Two digits each, of the years 1950 to 2049. */
export type Years = readonly [from: string, to: string]

/** For a server of that name at 127.0.0.1. `years`: from when to when its certificate is good. */
export function certifiedServer(name: string, years: Years = ['24', '44']): CertifiedServer {
  const authority = generateKeyPairSync('ed25519')
  const server = generateKeyPairSync('ed25519')
  const isAuthority = extension('551d13', sequence(element(0x01, Buffer.from([0xff]))))
  const address = element(0x87, Buffer.from([127, 0, 0, 1]))
  const names = extension('551d11', sequence(element(0x82, Buffer.from(name)), address))
  const by = { name: 'test authority', key: authority.privateKey }
  return {
    authority: certificate(by, by.name, authority.publicKey, isAuthority),
    cert: certificate(by, name, server.publicKey, names, years),
    key: server.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

/** For a key that signs something else than certificates. */
export function certificateOf(publicKey: KeyObject): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  const name = 'test authority'
  return certificate({ name, key: privateKey }, name, publicKey, extension('551d13', sequence()))
}

function certificate(
  by: { readonly name: string; readonly key: KeyObject },
  name: string,
  publicKey: KeyObject,
  own: Buffer,
  [from, to]: Years = ['24', '44'],
): string {
  const algorithm = sequence(objectId('2b6570'))
  const named = (text: string) => sequence(set(sequence(objectId('550403'), utf8(text))))
  const year = (digits: string) => element(0x17, Buffer.from(`${digits}0101000000Z`))
  const toBeSigned = sequence(
    element(0xa0, smallInteger(2)),
    smallInteger(1),
    algorithm,
    named(by.name),
    sequence(year(from), year(to)),
    named(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    element(0xa3, sequence(own)),
  )
  const der = sequence(toBeSigned, algorithm, bits(sign(null, toBeSigned, by.key)))
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), element(0x04, value))
}
