import type { EngineView } from '../../core/engine.ts'
import type { Clock } from '../../sys/clock.ts'
import type { PeerId } from '../identity/index.ts'
import { callLink, type Link } from '../links/index.ts'
import { readFullList } from './full-list.ts'
import { limits } from './limits.ts'
import { fullListPath } from './list-route.ts'

interface Known {
  /** When the question was sent to which this is the answer. Monotonic. */
  readonly askedMs: number
  readonly engines: readonly EngineView[]
}

/** What other nodes said of their engines when they were last asked. */
export class FullLists {
  readonly #known = new Map<PeerId, Known>()
  readonly #asking = new Map<PeerId, Promise<boolean>>()
  readonly #linkTo: (peer: PeerId) => Link
  readonly #clock: Clock
  /** Called when a newer list has come. */
  readonly #onNews: () => void

  constructor(linkTo: (peer: PeerId) => Link, clock: Clock, onNews: () => void) {
    this.#linkTo = linkTo
    this.#clock = clock
    this.#onNews = onNews
  }

  /** Undefined until the first answer. */
  of(peer: PeerId): readonly EngineView[] | undefined {
    return this.#known.get(peer)?.engines
  }

  /** Asks a node; callers at the same time share one question. False when there is no answer. */
  ask(peer: PeerId): Promise<boolean> {
    const under = this.#asking.get(peer)
    if (under !== undefined) return under
    const asking = this.#askAnew(peer).finally(() => this.#asking.delete(peer))
    this.#asking.set(peer, asking)
    return asking
  }

  /**
   * Asks those whose list is older. After 300 ms, or when a node does not tell, its last list stands; an answer that is late
   * counts for the next reader.
   */
  async refresh(peers: readonly PeerId[], maxAgeMs: number): Promise<void> {
    const sinceMs = this.#clock.nowMs() - maxAgeMs
    const stale = peers.filter((peer) => !this.#isFresh(peer, sinceMs))
    if (stale.length === 0) return
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const cancel = this.#clock.after(limits.refreshMsMax, resolve)
    await Promise.race([Promise.all(stale.map((peer) => this.#untilFresh(peer, sinceMs))), late])
    cancel()
  }

  forget(peer: PeerId): void {
    this.#known.delete(peer)
  }

  #isFresh(peer: PeerId, sinceMs: number): boolean {
    return (this.#known.get(peer)?.askedMs ?? Number.NEGATIVE_INFINITY) >= sinceMs
  }

  /** A question that was under way may have been answered before what the reader knows of happened; then once more. */
  async #untilFresh(peer: PeerId, sinceMs: number): Promise<void> {
    while (!this.#isFresh(peer, sinceMs)) if (!(await this.ask(peer))) return
  }

  async #askAnew(peer: PeerId): Promise<boolean> {
    const askedMs = this.#clock.nowMs()
    try {
      const { status, body } = await callLink(
        this.#linkTo(peer),
        {
          peer,
          method: 'GET',
          path: fullListPath,
          timeoutMs: limits.listAnswerMs,
          answerBytesMax: limits.listBytesMax,
        },
        this.#clock,
      )
      const engines = status === 200 ? readFullList(body, peer) : undefined
      if (engines === undefined) return false
      this.#known.set(peer, { askedMs, engines })
      this.#onNews()
      return true
    } catch {
      return false // who asks has its last list, and what a link has to say is in its own log
    }
  }
}
