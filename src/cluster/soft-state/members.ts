import { bucketCount, bucketsKept, Digest, hashHead, hashNode } from './digest.ts'
import { isNewer, type NodeEntry, type Version } from './entry.ts'
import { type Head, headBytes } from './packet.ts'

/** `unheard`: a member of which no entry has come yet. */
export type Status = 'unheard' | 'alive' | 'suspect' | 'dead'

/**
 * `own`: only this node failed to reach it, and reached nobody else either, so that it may itself be the one cut off; told
 * to nobody. `shared`: told to everybody, and gone only with a newer entry of the doubted one.
 */
export type Doubt = 'none' | 'own' | 'shared'

/** What this node knows of one member, itself among them. */
export interface Member {
  readonly node: string
  readonly hash: number
  entry: NodeEntry | undefined
  status: Status
  doubt: Doubt
  /** Both in the owner's lived time. */
  doubtedMs: number
  receivedMs: number
}

const nothing: Version = { epoch: 0, sequence: 0 }

/** All members with what is known of them, and a digest of it. Changed in place; see `step`. */
export class Members {
  readonly #members = new Map<string, Member>()
  readonly #digest = new Digest()
  readonly #byBucket: Member[][] = Array.from({ length: bucketsKept }, () => [])
  /** Members with a doubt that has not made them dead yet. */
  readonly suspects = new Set<Member>()
  /** Members that are doubted by this node alone. */
  readonly ownDoubts = new Set<Member>()
  readonly dead = new Set<Member>()
  /** In no order; for drawing at random. */
  readonly list: Member[] = []

  get(node: string): Member | undefined {
    return this.#members.get(node)
  }

  add(node: string): void {
    if (this.#members.has(node)) return
    const status = 'unheard' as const
    const hash = hashNode(node)
    const times = { doubtedMs: 0, receivedMs: 0 }
    const member: Member = { node, hash, entry: undefined, status, doubt: 'none', ...times }
    this.#members.set(node, member)
    this.list.push(member)
    this.#byBucket[hash % bucketsKept]?.push(member)
  }

  remove(node: string): void {
    const member = this.#members.get(node)
    if (member === undefined) return
    this.#toggle(member)
    this.#members.delete(node)
    for (const set of [this.suspects, this.ownDoubts, this.dead]) set.delete(member)
    for (const list of [this.list, this.#byBucket[member.hash % bucketsKept] ?? []]) {
      list.splice(list.indexOf(member), 1)
    }
  }

  /** Takes an entry in that is newer than what is there; it ends every doubt. */
  accept(member: Member, entry: NodeEntry, livedMs: number): void {
    this.#toggle(member)
    member.entry = entry
    member.receivedMs = livedMs
    this.#settle(member, 'none')
    this.#toggle(member)
  }

  /** Doubts what is known of a member; a doubt of others is stronger than one of ours. */
  doubt(member: Member, doubt: Exclude<Doubt, 'none'>, livedMs: number): void {
    this.#toggle(member)
    if (member.doubt === 'none') {
      member.status = 'suspect'
      member.doubtedMs = livedMs
      this.suspects.add(member)
    }
    member.doubt = doubt
    if (doubt === 'own') this.ownDoubts.add(member)
    else this.ownDoubts.delete(member)
    this.#toggle(member)
  }

  bury(member: Member): void {
    member.status = 'dead'
    this.suspects.delete(member)
    this.dead.add(member)
  }

  /** Takes back a doubt that was told to nobody. */
  withdraw(member: Member): void {
    if (member.doubt === 'own') this.#settle(member, 'none')
  }

  /** The member that an entry is news of; nothing when it is none, or what is here is as new. */
  toldBy(entry: Version & { readonly node: string }): Member | undefined {
    const member = this.#members.get(entry.node)
    return member && isNewer(entry, this.version(member)) ? member : undefined
  }

  /** `0.0` for a member of which nothing has come. */
  version(member: Member): Version {
    return member.entry ?? nothing
  }

  head(member: Member): Head {
    const { epoch, sequence } = this.version(member)
    return { node: member.node, epoch, sequence, isDoubted: member.doubt === 'shared' }
  }

  digest(buckets = bucketCount(this.list.length)): Uint32Array {
    return this.#digest.fold(buckets)
  }

  /** What is known of the members in the buckets in which a digest differs from ours, up to `bytesMax`. */
  headsWhere(digest: Uint32Array, bytesMax: number): Head[] {
    const own = this.digest(digest.length)
    const heads: Head[] = []
    let bytes = 0
    for (let bucket = 0; bucket < bucketsKept; bucket++) {
      const folded = bucket % digest.length
      if (own[folded] === digest[folded]) continue
      for (const member of this.#byBucket[bucket] ?? []) {
        const head = this.head(member)
        bytes += headBytes(head)
        if (bytes > bytesMax) return heads
        heads.push(head)
      }
    }
    return heads
  }

  #settle(member: Member, doubt: 'none'): void {
    member.doubt = doubt
    member.status = member.entry ? 'alive' : 'unheard'
    this.suspects.delete(member)
    this.ownDoubts.delete(member)
    this.dead.delete(member)
  }

  #toggle(member: Member): void {
    const hash = hashHead(member.hash, this.version(member), member.doubt === 'shared')
    this.#digest.toggle(member.hash, hash)
  }
}
