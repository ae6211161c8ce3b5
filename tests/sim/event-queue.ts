/** What happens when, in virtual time: a binary heap, in the order of time and then of asking. */
export class EventQueue<Event> {
  readonly #heap: { readonly atMs: number; readonly order: number; readonly event: Event }[] = []
  #pushed = 0

  push(atMs: number, event: Event): void {
    const heap = this.#heap
    const item = { atMs, order: this.#pushed++, event }
    let at = heap.length
    for (; at > 0; at = (at - 1) >> 1) {
      const above = heap[(at - 1) >> 1]
      if (above === undefined || isBefore(above, item)) break
      heap[at] = above
    }
    heap[at] = item
  }

  /** Takes the next event out when it is due by `untilMs`. */
  pop(untilMs: number): { readonly atMs: number; readonly event: Event } | undefined {
    const heap = this.#heap
    const [first] = heap
    if (first === undefined || first.atMs > untilMs) return undefined
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      const isRight = left !== undefined && right !== undefined && isBefore(right, left)
      const below = isRight ? right : left
      if (below === undefined || isBefore(last, below)) break
      heap[at] = below
      at = 2 * at + (isRight ? 2 : 1)
    }
    heap[at] = last
    return first
  }
}

interface Due {
  readonly atMs: number
  readonly order: number
}

function isBefore(one: Due, other: Due): boolean {
  return one.atMs === other.atMs ? one.order < other.order : one.atMs < other.atMs
}
