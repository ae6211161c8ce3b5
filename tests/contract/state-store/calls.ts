/** Short forms of what tests ask of a store. */
import type { Entry, Position, StateStore, WatchItem } from '../../../src/state/port.ts'
import { within } from '../../support/until.ts'

/** Puts a value whatever is there; fails unless it is committed. */
export async function put(store: StateStore, key: string, value: string): Promise<Position> {
  const done = await store.transact({ conditions: [], writes: [{ put: key, value }] })
  if (done.outcome !== 'committed') throw new Error(done.outcome)
  return done.at
}

/** As `put`. */
export async function remove(store: StateStore, ...keys: string[]): Promise<Position> {
  const writes = keys.map((key) => ({ delete: key }))
  const done = await store.transact({ conditions: [], writes })
  if (done.outcome !== 'committed') throw new Error(done.outcome)
  return done.at
}

/** Every entry of a prefix, page by page, with the moment that all pages show. */
export async function list(
  store: StateStore,
  prefix: string,
  limit?: number,
): Promise<{ entries: Entry[]; at: Position }> {
  const options = { prefix, ...(limit === undefined ? {} : { limit }) }
  let page = await store.range(options)
  const entries = [...page.entries]
  while (page.next) {
    page = await store.range({ ...options, page: page.next })
    entries.push(...page.entries)
  }
  return { entries, at: page.at }
}

/** A watch that is read item by item. */
export class Reader implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #items: AsyncIterator<WatchItem>

  constructor(store: StateStore, prefix: string, after: Position) {
    const { signal } = this.#stop
    this.#items = store.watch({ prefix, after, signal })[Symbol.asyncIterator]()
  }

  /** The next one; undefined when the watch is over. */
  async next(): Promise<WatchItem | undefined> {
    const { value, done } = await within('an item of the watch', this.#items.next())
    return done === true ? undefined : value
  }

  /** What the next revision with changes did: `put a=1` or `delete a`. */
  async changes(): Promise<{ at: Position; texts: string[] }> {
    let item = await this.next()
    while (item?.type === 'progress') item = await this.next()
    if (item?.type !== 'changes') throw new Error(`a watch gave ${item?.type ?? 'nothing'}`)
    return { at: item.at, texts: textsOf(item) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#items.return?.()
  }
}

export function textsOf(item: Extract<WatchItem, { type: 'changes' }>): string[] {
  return item.changes.map((change) =>
    change.type === 'delete'
      ? `delete ${change.key}`
      : `put ${change.entry.key}=${change.entry.value}`,
  )
}
