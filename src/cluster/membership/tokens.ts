/** Tokens with which a node joins without being approved by a person. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Random } from '../../sys/random.ts'
import { limits } from './limits.ts'
import type { TokenRecord } from './records.ts'

/** What a person copies: the token's id, a dot, its secret. */
const form = /^([0-9a-f]{8})\.([0-9a-f]{32})$/

export interface ReadToken {
  readonly id: string
  readonly secret: string
}

/** Undefined for a text that no token is. */
export function parseToken(text: string): ReadToken | undefined {
  const [, id, secret] = form.exec(text.trim()) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** A new token: its text for the person, its record for the store. */
export function makeToken(
  { uses, ttlMs }: { readonly uses: number; readonly ttlMs: number },
  random: Random,
  nowMs: number,
): { readonly id: string; readonly text: string; readonly record: TokenRecord } {
  const id = random.hex(limits.tokenIdBytes)
  const secret = random.hex(limits.tokenSecretBytes)
  const record = {
    hash: hashOf(secret),
    usesLeft: uses,
    createdMs: nowMs,
    expiresMs: nowMs + ttlMs,
  }
  return { id, text: `${id}.${secret}`, record }
}

/** True when the secret is the token's own. */
export function isSecretOf({ hash }: TokenRecord, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hash), Buffer.from(hashOf(secret)))
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
