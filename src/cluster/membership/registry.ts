/** The cluster's members, tokens and those who wait, in the store of agreed state: each change is one transaction. */

import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Random } from '../../sys/random.ts'
import type { PeerId } from '../identity/index.ts'
import { decideAdmission, isGone } from './admission.ts'
import { limits } from './limits.ts'
import type { AgreedState, Condition, StoredEntry, Write } from './port.ts'
import {
  keys,
  type MemberRecord,
  peerIn,
  readMember,
  readRemoved,
  readToken,
  readWaiting,
  type TokenRecord,
} from './records.ts'
import { isProof, makeToken, proofOf } from './tokens.ts'
import { memberOf, type Wish } from './wish.ts'

/** What a change makes of a member's record. */
export type MemberChange = Partial<Pick<MemberRecord, 'labels' | 'isDraining' | 'addresses'>>

interface RegistryOptions {
  readonly store: AgreedState
  readonly self: PeerId
  /** The name of this node, whose clock counts. */
  readonly node: string
  readonly clock: Clock
  readonly random: Random
}

export class Registry {
  readonly #store: AgreedState
  readonly #options: RegistryOptions

  constructor(options: RegistryOptions) {
    this.#store = options.store
    this.#options = options
  }

  /**
   * Admits, lets wait or refuses. Throws OD_JOIN_… and what the store throws; OD_JOIN_UNKNOWN may be asked again. A token's
   * use and the new member are one transaction, so that a last use never admits two. `proof`: that this node knows the token
   * that was shown.
   */
  async admit(
    wish: Wish,
  ): Promise<{ readonly outcome: 'admitted' | 'pending'; readonly proof?: string }> {
    const { peer, token: shown } = wish
    const pair = { newcomer: peer, member: this.#options.self }
    return await this.#retrying(peer, async () => {
      const nowMs = this.#options.clock.wallMs()
      const tokenKey = shown === undefined ? undefined : keys.token(shown.id)
      const [member, removed, waiting, token, others] = await Promise.all([
        this.#entry(keys.member(peer)),
        this.#entry(keys.removed(peer)),
        this.#entry(keys.waiting(peer)),
        tokenKey === undefined ? undefined : this.#entry(tokenKey),
        shown === undefined ? this.#sweptWaiting(nowMs) : [],
      ])
      const known = readToken(token?.value)
      const isProved = known !== undefined && isProof(shown?.proof, known.hash, 'asks', pair)
      const admitted = {
        outcome: 'admitted',
        ...(isProved ? { proof: proofOf(known.hash, 'admits', pair) } : {}),
      } as const
      const admission = decideAdmission(
        {
          isMember: readMember(member?.value) !== undefined,
          removed: readRemoved(removed?.value),
          waiting: readWaiting(waiting?.value),
          ...(shown === undefined ? {} : { token: known ?? 'unknown' }),
          isProved,
          waitingCount: others.filter((key) => key !== keys.waiting(peer)).length,
        },
        this.#options.node,
        nowMs,
      )
      if (admission.type === 'member') return admitted
      if (admission.type === 'refuse') throw new OdError(admission.code, admission.parameters)
      if (admission.type === 'wait') {
        if (admission.isNew) await this.#writeWaiting(wish, waiting, nowMs)
        return { outcome: 'pending' } as const
      }
      const spent = { ...(known as TokenRecord), usesLeft: admission.usesLeft }
      const isDone = await this.#change(
        peer,
        [unchanged(keys.member(peer), member), unchanged(tokenKey as string, token)],
        [
          { put: keys.member(peer), value: JSON.stringify(memberOf(wish, nowMs)) },
          { put: tokenKey as string, value: JSON.stringify(spent) },
          { delete: keys.waiting(peer) },
          { delete: keys.removed(peer) },
        ],
      )
      return isDone ? admitted : undefined
    })
  }

  /** Makes a member of one that waits. Throws OD_MEMBER_UNKNOWN when it does not. */
  async approve(peer: PeerId): Promise<void> {
    await this.#retrying(peer, async () => {
      const entry = await this.#entry(keys.waiting(peer))
      const waiting = readWaiting(entry?.value)
      if (waiting === undefined) throw new OdError('OD_MEMBER_UNKNOWN', { peer })
      const record = memberOf({ ...waiting, labels: {} }, this.#options.clock.wallMs())
      const isDone = await this.#change(
        peer,
        [unchanged(keys.waiting(peer), entry)],
        [
          { put: keys.member(peer), value: JSON.stringify(record) },
          { delete: keys.waiting(peer) },
          { delete: keys.removed(peer) },
        ],
      )
      return isDone || undefined
    })
  }

  /** Turns one away that waits. Throws OD_MEMBER_UNKNOWN when it does not. */
  async reject(peer: PeerId): Promise<void> {
    await this.#takeOut(peer, keys.waiting(peer), true)
  }

  /** Takes a member out, for good unless it comes back with a token. Throws OD_MEMBER_UNKNOWN. */
  async remove(peer: PeerId): Promise<void> {
    await this.#takeOut(peer, keys.member(peer), false)
  }

  /** A member goes by itself and may come back as anybody may. One that is none any more is fine. */
  async leave(peer: PeerId): Promise<void> {
    await this.#retrying(peer, () => this.#change(peer, [], [{ delete: keys.member(peer) }]))
  }

  /** Changes a member's record. Throws OD_MEMBER_UNKNOWN. */
  async change(peer: PeerId, change: MemberChange): Promise<void> {
    await this.#retrying(peer, async () => {
      const entry = await this.#entry(keys.member(peer))
      const record = readMember(entry?.value)
      if (record === undefined) throw new OdError('OD_MEMBER_UNKNOWN', { peer })
      const value = JSON.stringify({ ...record, ...change })
      const conditions = [unchanged(keys.member(peer), entry)]
      return (
        (await this.#change(peer, conditions, [{ put: keys.member(peer), value }])) || undefined
      )
    })
  }

  /** Writes a record down for the first node of a cluster, unless it has one. */
  async found(peer: PeerId, clusterId: string, first: Omit<MemberRecord, 'joinedMs'>) {
    const record = { ...first, joinedMs: this.#options.clock.wallMs() }
    await this.#change(
      peer,
      [{ key: keys.clusterId, is: 'absent' }],
      [
        { put: keys.clusterId, value: clusterId },
        { put: keys.member(peer), value: JSON.stringify(record) },
      ],
    )
  }

  /** The text is shown this once. Throws OD_TOKEN_MANY; those that expired long ago are deleted on the way. */
  async createToken(wanted: { uses: number; ttlMs: number }): Promise<{
    readonly id: string
    readonly text: string
    readonly record: TokenRecord
  }> {
    const { clock, random } = this.#options
    const nowMs = clock.wallMs()
    const { entries } = await this.#store.range({ prefix: keys.tokens })
    const isOver = ({ value }: StoredEntry) =>
      (readToken(value)?.expiresMs ?? 0) + limits.tokenKeptMs <= nowMs
    const over = entries.filter(isOver)
    if (entries.length - over.length >= limits.tokensMax) {
      throw new OdError('OD_TOKEN_MANY', { countMax: limits.tokensMax })
    }
    const made = makeToken(wanted, random, nowMs)
    await this.#change(
      made.id,
      [],
      [
        { put: keys.token(made.id), value: JSON.stringify(made.record) },
        ...over.slice(0, 100).map(({ key }) => ({ delete: key })),
      ],
    )
    return made
  }

  /** Throws OD_TOKEN_UNKNOWN. */
  async revokeToken(id: string): Promise<void> {
    const entry = await this.#entry(keys.token(id)).catch(() => undefined) // no text that a key can be
    if (entry === undefined) throw new OdError('OD_TOKEN_UNKNOWN', { token: id })
    await this.#change(id, [], [{ delete: keys.token(id) }])
  }

  async #takeOut(peer: PeerId, key: string, isRejected: boolean): Promise<void> {
    await this.#retrying(peer, async () => {
      const entry = await this.#entry(key)
      const name = (readMember(entry?.value) ?? readWaiting(entry?.value))?.name
      if (name === undefined) throw new OdError('OD_MEMBER_UNKNOWN', { peer })
      const record = { name, removedMs: this.#options.clock.wallMs(), isRejected }
      const isDone = await this.#change(
        peer,
        [unchanged(key, entry)],
        [{ delete: key }, { put: keys.removed(peer), value: JSON.stringify(record) }],
      )
      return isDone || undefined
    })
  }

  async #writeWaiting(wish: Wish, known: StoredEntry | undefined, nowMs: number): Promise<void> {
    const { peer, name, addresses, role, from } = wish
    const firstAskedMs = readWaiting(known?.value)?.firstAskedMs ?? nowMs
    const value = JSON.stringify({ name, addresses, role, from, firstAskedMs, askedMs: nowMs })
    await this.#change(
      peer,
      [unchanged(keys.waiting(peer), known)],
      [{ put: keys.waiting(peer), value }],
    ) // in a conflict somebody has just approved it, or it asked twice: the next question tells
  }

  /** Keys of those who wait, after those that are gone were deleted. */
  async #sweptWaiting(nowMs: number): Promise<string[]> {
    const { entries } = await this.#store.range({ prefix: keys.pending })
    const gone = entries.filter(({ key, value }) => {
      const record = readWaiting(value)
      return peerIn(key) === undefined || record === undefined || isGone(record, nowMs)
    })
    if (gone.length > 0) {
      await this.#change(
        '',
        [],
        gone.slice(0, 100).map(({ key }) => ({ delete: key })),
      )
    }
    return entries.filter((entry) => !gone.includes(entry)).map(({ key }) => key)
  }

  async #entry(key: string): Promise<StoredEntry | undefined> {
    return (await this.#store.get(key)).entry
  }

  /** True when it was done, false when a condition did not hold. Throws OD_JOIN_UNKNOWN. */
  async #change(
    peer: string,
    conditions: readonly Condition[],
    writes: readonly Write[],
  ): Promise<boolean> {
    const result = await this.#store.transact({ conditions, writes })
    if (result.outcome === 'unknown') {
      throw new OdError('OD_JOIN_UNKNOWN', { peer, reason: result.reason })
    }
    return result.outcome === 'committed'
  }

  /** Reads and tries anew while others change the same; undefined and false say that it was in vain. */
  async #retrying<Result>(
    peer: PeerId,
    attempt: () => Promise<Result | undefined | false>,
  ): Promise<Result> {
    for (let tries = 0; tries < limits.conflictTries; tries++) {
      const result = await attempt()
      if (result !== undefined && result !== false) return result
    }
    throw new OdError('OD_MEMBER_CHANGED', { peer })
  }
}

/** The key is as it was read. */
function unchanged(key: string, entry: StoredEntry | undefined): Condition {
  return entry === undefined ? { key, is: 'absent' } : { key, revision: entry.revision }
}
