/** Blobs that must stay although no manifest names them: a pull needs them for its manifest, a load has yet to open them. */
import type { Digest } from '../core/digest.ts'

/** Counts who needs a blob. Pure but for its memory. */
export class Holds {
  readonly #counts = new Map<Digest, number>()
  /** Blobs that were to be removed while they were held. */
  readonly #spared = new Set<Digest>()
  readonly #removing = new Set<Digest>()

  add(digest: Digest): void {
    this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1)
  }

  /** False for a blob that is being removed: it is as good as gone. */
  tryAdd(digest: Digest): boolean {
    if (this.#removing.has(digest)) return false
    this.add(digest)
    return true
  }

  /** Gives those back that nobody holds any more and that were to be removed meanwhile. */
  release(digests: readonly Digest[]): readonly Digest[] {
    return digests.filter((digest) => {
      const left = (this.#counts.get(digest) ?? 0) - 1
      if (left > 0) this.#counts.set(digest, left)
      else this.#counts.delete(digest)
      return left <= 0 && this.#spared.delete(digest)
    })
  }

  /** Does `remove`, unless the blob is held: then it is remembered. */
  async unlessHeld(digest: Digest, remove: () => Promise<void>): Promise<void> {
    if (this.#counts.has(digest)) {
      this.#spared.add(digest)
      return
    }
    this.#removing.add(digest)
    try {
      await remove()
    } finally {
      this.#removing.delete(digest)
    }
  }
}
