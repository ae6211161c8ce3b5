/** Certificates as no node makes them. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import {
  bits,
  element,
  objectId,
  sequence,
  set,
  smallInteger,
  utf8,
} from '../../../src/cluster/identity/der.ts'

const algorithms = {
  ed25519: { oid: '2b6570', hash: null },
  ec: { oid: '2a8648ce3d040302', hash: 'sha256' }, // ecdsa-with-SHA256
} as const

/** Self-signed by any key, in anyone's name, good from one year to another (two digits each, of the years 1950 to 2049). */
export function forgedCertificate(
  key: KeyObject,
  name: string,
  years: readonly [from: string, to: string] = ['24', '44'],
): string {
  const { oid, hash } = algorithms[key.asymmetricKeyType as 'ed25519' | 'ec']
  const algorithm = sequence(objectId(oid))
  const named = sequence(set(sequence(objectId('550403'), utf8(name))))
  const [from, to] = years.map((year) => element(0x17, Buffer.from(`${year}0101000000Z`)))
  const toBeSigned = sequence(
    element(0xa0, smallInteger(2)),
    smallInteger(1),
    algorithm,
    named,
    sequence(from as Buffer, to as Buffer),
    named,
    createPublicKey(key).export({ format: 'der', type: 'spki' }),
  )
  const der = sequence(toBeSigned, algorithm, bits(sign(hash, toBeSigned, key)))
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
}
