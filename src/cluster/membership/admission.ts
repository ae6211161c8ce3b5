/**
 * Whether a node that asks to join is admitted. Pure: what the store says of it goes in, what is to be done comes out.
 */
import type { ErrorCode, ErrorParameters } from '../../core/errors/index.ts'
import { limits } from './limits.ts'
import type { RemovedRecord, TokenRecord, WaitingRecord } from './records.ts'

/** What the store says about one that asks. */
export interface Standing {
  readonly isMember: boolean
  readonly waiting: WaitingRecord | undefined
  readonly removed: RemovedRecord | undefined
  /** The record of the token that it shows; `unknown` where the store has none. Absent when it shows none. */
  readonly token?: TokenRecord | 'unknown'
  /** It knows the secret of that token. */
  readonly isProved: boolean
  /** How many wait, without this one. */
  readonly waitingCount: number
}

export type Admission =
  /** It is a member already; asking twice costs nothing. */
  | { readonly type: 'member' }
  /** `usesLeft`: of the token, after this. */
  | { readonly type: 'admit'; readonly usesLeft: number }
  /** Someone must approve it. `isNew`: the wish is to be written down. */
  | { readonly type: 'wait'; readonly isNew: boolean }
  | {
      readonly type: 'refuse'
      readonly code: ErrorCode
      readonly parameters: ErrorParameters
    }

/** Decides. `node`: the name of the one that decides, whose clock counts. */
export function decideAdmission(standing: Standing, node: string, nowMs: number): Admission {
  const { isMember, token, removed, waiting, isProved } = standing
  if (isMember) return { type: 'member' }
  if (token !== undefined) {
    if (token === 'unknown' || !isProved) return refuse('OD_JOIN_TOKEN')
    if (token.expiresMs <= nowMs) {
      const minutes = Math.max(1, Math.round((nowMs - token.expiresMs) / 60_000))
      return refuse('OD_JOIN_EXPIRED', { minutes, node })
    }
    if (token.usesLeft < 1) return refuse('OD_JOIN_USED')
    return { type: 'admit', usesLeft: token.usesLeft - 1 }
  }
  if (removed !== undefined) {
    return refuse(removed.isRejected ? 'OD_JOIN_REJECTED' : 'OD_JOIN_REMOVED')
  }
  if (waiting === undefined && standing.waitingCount >= limits.pendingMax) {
    return refuse('OD_JOIN_PENDING_FULL', { countMax: limits.pendingMax })
  }
  return { type: 'wait', isNew: isStale(waiting, nowMs) }
}

/** Nobody waits for ever: who has not asked again for some time does not want to any more. */
export function isGone({ askedMs }: WaitingRecord, nowMs: number): boolean {
  return nowMs - askedMs > limits.pendingMs
}

function isStale(waiting: WaitingRecord | undefined, nowMs: number): boolean {
  return waiting === undefined || nowMs - waiting.askedMs > limits.pendingTouchMs
}

function refuse(code: ErrorCode, parameters: ErrorParameters = {}): Admission {
  return { type: 'refuse', code, parameters }
}
