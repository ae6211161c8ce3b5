import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../sys/random.ts'
import type { PeerId } from '../identity/index.ts'
import { decideAdmission, isGone, type Standing } from './admission.ts'
import { limits } from './limits.ts'
import type { WaitingRecord } from './records.ts'
import { isProof, makeToken, parseToken, proofOf } from './tokens.ts'

const nowMs = 1_000_000_000
const made = makeToken({ uses: 2, ttlMs: 60_000 }, seededRandom(1), nowMs)
const secret = made.text.slice(made.id.length + 1)
const { hash } = parseToken(made.text) ?? { hash: '' }
const waiting: WaitingRecord = {
  name: 'desk',
  addresses: [],
  role: 'full',
  from: '192.0.2.1',
  firstAskedMs: nowMs,
  askedMs: nowMs,
}
const removed = { name: 'desk', removedMs: 0, isRejected: false }
const unknown: Standing = {
  isMember: false,
  waiting: undefined,
  removed: undefined,
  isProved: false,
  waitingCount: 0,
}
const withToken: Standing = { ...unknown, token: made.record, isProved: true }

describe('a token', () => {
  test('is two words of which the store has one, and a hash of the other', () => {
    expect(made.text).toBe(`${made.id}.${secret}`)
    expect(JSON.stringify(made.record)).not.toContain(secret)
    expect(hash).toBe(made.record.hash)
  })

  test('is proved between two nodes, one way, and neither a third nor the other way can use that', () => {
    const pair = { newcomer: 'new' as PeerId, member: 'old' as PeerId }
    const proof = proofOf(hash, 'asks', pair)
    expect(proof).not.toContain(secret)
    expect(isProof(proof, made.record.hash, 'asks', pair)).toBe(true)
    expect(isProof(proof, made.record.hash, 'admits', pair)).toBe(false)
    expect(isProof(proof, made.record.hash, 'asks', { ...pair, newcomer: 'x' as PeerId })).toBe(
      false,
    )
    expect(isProof(proof, made.record.hash, 'asks', { ...pair, member: 'x' as PeerId })).toBe(false)
    expect(isProof(proof.replace(/.$/, 'x'), made.record.hash, 'asks', pair)).toBe(false)
    expect(isProof(undefined, made.record.hash, 'asks', pair)).toBe(false)
  })

  test.each(['', 'x', made.id, `${made.text}0`, made.text.toUpperCase(), `${made.text}\0`])(
    '%j is none',
    (text) => expect(parseToken(text)).toBeUndefined(),
  )

  test('may be copied with blanks around it', () => {
    expect(parseToken(` ${made.text}\n`)?.id).toBe(made.id)
  })
})

describe('admission', () => {
  test.each<[string, Standing, object]>([
    ['of a member', { ...unknown, isMember: true }, { type: 'member' }],
    ['by a token', withToken, { type: 'admit', usesLeft: 1 }],
    ['by a token after a removal', { ...withToken, removed }, { type: 'admit', usesLeft: 1 }],
    ['with a wrong secret', { ...withToken, isProved: false }, { code: 'OD_JOIN_TOKEN' }],
    ['with an unknown token', { ...withToken, token: 'unknown' }, { code: 'OD_JOIN_TOKEN' }],
    [
      'with a token that was used up',
      { ...withToken, token: { ...made.record, usesLeft: 0 } },
      { code: 'OD_JOIN_USED' },
    ],
    [
      'with an expired token',
      { ...withToken, token: { ...made.record, expiresMs: nowMs } },
      { code: 'OD_JOIN_EXPIRED' },
    ],
    ['without a token', unknown, { type: 'wait', isNew: true }],
    ['asked again at once', { ...unknown, waiting }, { type: 'wait', isNew: false }],
    ['after a removal', { ...unknown, removed }, { code: 'OD_JOIN_REMOVED' }],
    [
      'after a rejection',
      { ...unknown, removed: { ...removed, isRejected: true } },
      { code: 'OD_JOIN_REJECTED' },
    ],
    [
      'when too many wait',
      { ...unknown, waitingCount: limits.pendingMax },
      { code: 'OD_JOIN_PENDING_FULL' },
    ],
    [
      'of one that waits among so many',
      { ...unknown, waiting, waitingCount: limits.pendingMax },
      { type: 'wait', isNew: false },
    ],
  ])('%s', (_, standing, expected) => {
    expect(decideAdmission(standing, 'desk', nowMs)).toMatchObject(expected)
  })

  test('a wish is written down anew while it is asked for, and gone when it is not', () => {
    const laterMs = nowMs + limits.pendingTouchMs + 1
    expect(decideAdmission({ ...unknown, waiting }, 'desk', laterMs)).toEqual({
      type: 'wait',
      isNew: true,
    })
    expect(isGone(waiting, nowMs + limits.pendingMs)).toBe(false)
    expect(isGone(waiting, nowMs + limits.pendingMs + 1)).toBe(true)
  })
})
