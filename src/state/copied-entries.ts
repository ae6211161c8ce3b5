/** What is known of the store, and since when; pure but for its own members. */
import type { Change, Entry, Position } from './port.ts'

export class CopiedEntries {
  #entries = new Map<string, Entry>()
  #at: Position | undefined
  /** When the store last said that this is how it is, on the monotonic clock; may lie before its zero. */
  #seenMs = 0

  get at(): Position | undefined {
    return this.#at
  }

  get seenMs(): number {
    return this.#seenMs
  }

  /** In the order of their keys. */
  startingWith(prefix: string): readonly Entry[] {
    return [...this.#entries.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** Takes the place of all that is there. */
  replace(entries: readonly Entry[], at: Position, seenMs: number): void {
    this.#entries = new Map(entries.map((entry) => [entry.key, entry]))
    this.#at = at
    this.#seenMs = seenMs
  }

  /** What one revision changed. That it happened does not say that nothing came after it: the age stays. */
  change(changes: readonly Change[], at: Position): void {
    for (const change of changes) {
      if (change.type === 'put') this.#entries.set(change.entry.key, change.entry)
      else this.#entries.delete(change.key)
    }
    this.#at = at
  }

  /** There is nothing newer. */
  confirm(at: Position, nowMs: number): void {
    this.#at = at
    this.#seenMs = nowMs
  }
}
