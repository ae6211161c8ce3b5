import { constants } from 'node:crypto'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import { type Identity, type PeerId, peerIdOf } from '../identity/index.ts'

/**
 * TLS as links speak it: version 1.3, both sides with an Ed25519 certificate, no sessions to resume, so that every
 * connection shows anew who is there.
 */
export function secureOptionsOf({ privateKey, certificate }: Identity): SecureContextOptions {
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    cert: certificate,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    sigalgs: 'ed25519', // a key of another kind is refused before anything is computed with it
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}

/**
 * Who the other side is, from the key that it has just proved to hold; undefined when it showed none of ours. Names, dates
 * and issuer of a certificate are never looked at: they prove nothing, and a wrong clock would keep friends out.
 */
export function peerOf(socket: TLSSocket): PeerId | undefined {
  const key = socket.getPeerX509Certificate()?.publicKey
  return key && peerIdOf(key)
}
