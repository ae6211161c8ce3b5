import type { PeerId } from '../identity/index.ts'

/** Who may use links. Its owner changes it at run time; who is taken out loses every connection at once. */
export class Members {
  #peers: ReadonlySet<PeerId>
  readonly #listeners = new Set<(peer: PeerId) => void>()

  constructor(peers: Iterable<PeerId> = []) {
    this.#peers = new Set(peers)
  }

  has(peer: PeerId): boolean {
    return this.#peers.has(peer)
  }

  /** Sets all of them anew. */
  replace(peers: Iterable<PeerId>): void {
    const before = this.#peers
    this.#peers = new Set(peers)
    for (const peer of before) {
      if (!this.has(peer)) for (const tell of this.#listeners) tell(peer)
    }
  }

  /** Calls `listener` for each that is taken out, when it is out already. Returns a function that ends it. */
  onRemoved(listener: (peer: PeerId) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
