import { createPublicKey, type KeyObject } from 'node:crypto'
import { selfSignedCertificate } from './certificate.ts'
import { loadOrMakeKey } from './key-file.ts'
import { type PeerId, peerIdOf } from './peer-id.ts'

/** Who this node is. One key is its name and what it shows on links. */
export interface Identity {
  readonly peer: PeerId
  /** Ed25519. Whoever signs something else than TLS with it puts a text of its own before what is signed. */
  readonly privateKey: KeyObject
  /** Self-signed, in PEM. */
  readonly certificate: string
}

/** The identity kept in `identity.key` of the data directory; made at the first call. Throws as `loadOrMakeKey`. */
export async function loadIdentity(dataDir: string): Promise<Identity> {
  return identityOf(await loadOrMakeKey(dataDir))
}

/** The identity of an Ed25519 key. */
export function identityOf(privateKey: KeyObject): Identity {
  const peer = peerIdOf(createPublicKey(privateKey)) as PeerId
  return { peer, privateKey, certificate: selfSignedCertificate(privateKey) }
}
