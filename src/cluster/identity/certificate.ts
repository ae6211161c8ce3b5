import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { bits, element, objectId, sequence, set, smallInteger, utf8 } from './der.ts'
import { type PeerId, peerIdOf } from './peer-id.ts'

const ed25519 = sequence(objectId('2b6570')) // 1.3.101.112, RFC 8410
const commonName = objectId('550403')
const [utcTime, generalizedTime, version] = [0x17, 0x18, 0xa0] as const

/**
 * From 1970 for ever; the last moment is RFC 5280's word for "no end" (§4.1.2.5). No side of a link looks at it: a pinned
 * key is right or wrong whatever the time, so a clock that is off keeps nobody out.
 */
const validity = sequence(
  element(utcTime, Buffer.from('700101000000Z')),
  element(generalizedTime, Buffer.from('99991231235959Z')),
)

/**
 * A certificate that TLS needs to carry the key, in PEM, signed by the key itself. The same key gives the same bytes. The
 * name in it is for whoever looks at a capture; nobody trusts it.
 */
export function selfSignedCertificate(privateKey: KeyObject): string {
  const publicKey = createPublicKey(privateKey)
  const name = nameOf(peerIdOf(publicKey) as PeerId)
  const toBeSigned = sequence(
    element(version, smallInteger(2)), // version 3
    smallInteger(1), // the serial number: there is never a second certificate of this issuer
    ed25519,
    name,
    validity,
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
  )
  const signature = sign(null, toBeSigned, privateKey)
  return pem(sequence(toBeSigned, ed25519, bits(signature)))
}

function nameOf(peer: PeerId): Buffer {
  return sequence(set(sequence(commonName, utf8(peer))))
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}
