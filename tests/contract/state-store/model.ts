/** What a store must be, in the simplest form: a map, a counter, a list of what happened. */
import { keyOf } from '../../../src/state/check.ts'
import type { Condition, Entry, Transaction, Write } from '../../../src/state/port.ts'

export class StoreModel {
  readonly entries = new Map<string, Entry>()
  readonly leases = new Set<string>()
  /** One per revision, as `textsOf` has it. */
  readonly history: { revision: number; texts: string[] }[] = []
  revision: number

  constructor(revision: number) {
    this.revision = revision
  }

  /** `gone`: a lease that is not there. */
  transact({ conditions, writes }: Transaction): 'committed' | 'conflict' | 'gone' {
    if (!conditions.every((one) => this.#holds(one))) return 'conflict'
    const leases = writes.flatMap((write) => ('put' in write ? [write.lease] : []))
    if (leases.some((lease) => lease !== undefined && !this.leases.has(lease))) return 'gone'
    this.#apply(writes.filter((write) => 'put' in write || this.entries.has(write.delete)))
    return 'committed'
  }

  revoke(lease: string): void {
    this.leases.delete(lease)
    const keys = this.startingWith('').filter((entry) => entry.lease === lease)
    this.#apply(keys.map(({ key }) => ({ delete: key })))
  }

  startingWith(prefix: string): Entry[] {
    return [...this.entries.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  #holds(condition: Condition): boolean {
    const entry = this.entries.get(condition.key)
    if ('is' in condition) return entry === undefined
    if ('revision' in condition) return entry?.revision === condition.revision
    return entry?.value === condition.value
  }

  #apply(writes: readonly Write[]): void {
    if (writes.length === 0) return
    const revision = ++this.revision
    for (const write of writes) {
      if ('delete' in write) this.entries.delete(write.delete)
      else {
        const { put: key, value, lease } = write
        const created = this.entries.get(key)?.created ?? revision
        this.entries.set(key, { key, value, created, revision, ...(lease && { lease }) })
      }
    }
    const texts = writes
      .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
      .map((one) => ('put' in one ? `put ${one.put}=${one.value}` : `delete ${one.delete}`))
    this.history.push({ revision, texts })
  }
}
