/**
 * A token server as registries know them: it looks at the account, and signs what the bearer may do. Source: distribution,
 * docs/spec/auth/token.md and jwt.md.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Instead } from './proxy.ts'
import { account, type TokenTrust } from './registry.ts'
import { certificateOf } from './test-authority.ts'

const lifeS = 300
const path = '/token'
const names = { service: 'the registry', issuer: 'the token server' }

export interface TokenServer {
  /** What a registry has to know of it. */
  readonly trust: TokenTrust
  /** The answer to a request; undefined when it is none for this server. */
  answer(url: string, request: Pick<IncomingMessage, 'headers'>): Instead | undefined
  /** A token for a repository, to be sent as it is. */
  bearer(repository: string): string
}

/** `host`: where `answer` is asked for its answers. */
export function tokenServer(host: string): TokenServer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const header = { typ: 'JWT', alg: 'ES256', kid: keyId(publicKey) }
  const known = Buffer.from(`${account.username}:${account.password}`).toString('base64')

  function token(scopes: readonly string[]): string {
    const nowS = Math.floor(Date.now() / 1000)
    const claims = {
      iss: names.issuer,
      sub: account.username,
      aud: names.service,
      nbf: nowS - lifeS, // clocks differ
      exp: nowS + lifeS,
      iat: nowS,
      jti: randomUUID(),
      access: scopes.map(accessOf),
    }
    const signed = [header, claims].map((part) => base64url(JSON.stringify(part))).join('.')
    const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
    return `${signed}.${base64url(sign('sha256', Buffer.from(signed), key))}`
  }

  return {
    trust: { ...names, realm: `http://${host}${path}`, certificate: certificateOf(publicKey) },
    answer(text, { headers }) {
      const url = new URL(text, `http://${host}`)
      if (url.pathname !== path) return undefined
      if (headers.authorization !== `Basic ${known}`) return { status: 401 }
      const scopes = url.searchParams.getAll('scope')
      return { status: 200, body: JSON.stringify({ token: token(scopes) }) }
    },
    bearer: (repository) => `Bearer ${token([`repository:${repository}:pull,push`])}`,
  }
}

/** `repository:ns/m:pull,push`. */
function accessOf(scope: string): object {
  const [type, name, actions = ''] = scope.split(':')
  return { type, name, actions: actions.split(',') }
}

/** How the registry names a key. Source: docker/libtrust, util.go, keyIDFromCryptoKey. */
function keyId(key: KeyObject): string {
  const der = key.export({ format: 'der', type: 'spki' })
  const bits = [...createHash('sha256').update(der).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const text = bits.replaceAll(/.{5}/g, (five) => digits[Number.parseInt(five, 2)] ?? '')
  return (text.match(/.{4}/g) ?? []).join(':')
}

function base64url(bytes: string | Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
