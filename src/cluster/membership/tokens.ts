/** Tokens with which a node joins without being approved by a person. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../../sys/random.ts'
import type { PeerId } from '../identity/index.ts'
import { limits } from './limits.ts'
import type { TokenRecord } from './records.ts'

/** What a person copies: the token's id, a dot, its secret. The secret goes over no network. */
const form = /^([0-9a-f]{8})\.([0-9a-f]{32})$/

export interface ReadToken {
  readonly id: string
  /** What the store has of its secret. */
  readonly hash: string
}

/** Undefined for a text that no token is. */
export function parseToken(text: string): ReadToken | undefined {
  const [, id, secret] = form.exec(text.trim()) ?? []
  return id === undefined || secret === undefined ? undefined : { id, hash: hashOf(secret) }
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

/** Who asks whom, as the keys of their connection have proved. */
export interface JoinPair {
  readonly newcomer: PeerId
  readonly member: PeerId
}

/** Which of the two says it. */
export type Proving = 'asks' | 'admits'

/**
 * What is said instead of the secret (an HMAC, RFC 2104, with its hash as the key): it says that this one of the two knows
 * the token, and is of no use between any others. So a node that only claims to be a member learns nothing that it could use.
 */
export function proofOf(hash: string, proving: Proving, { newcomer, member }: JoinPair): string {
  return createHmac('sha256', hash).update(`${proving} ${newcomer} ${member}`).digest('hex')
}

export function isProof(
  proof: string | undefined,
  hash: string,
  proving: Proving,
  pair: JoinPair,
): boolean {
  const [given, right] = [Buffer.from(proof ?? ''), Buffer.from(proofOf(hash, proving, pair))]
  return given.length === right.length && timingSafeEqual(given, right)
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
