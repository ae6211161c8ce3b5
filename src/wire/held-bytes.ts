/**
 * Bytes that wait for the rest of their line or frame. Their room doubles, so that a stream of single bytes costs no more
 * than one of large chunks.
 */
export class HeldBytes {
  #room = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Valid until the next `hold`. */
  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  hold(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length
    if (needed > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(needed, 2 * this.#room.length))
      this.#room.copy(room, 0, 0, this.#length)
      this.#room = room
    }
    this.#room.set(bytes, this.#length)
    this.#length = needed
  }

  /** What was held; it is not held any more, nor written over. */
  take(): Buffer {
    const held = this.bytes
    this.#room = Buffer.alloc(0)
    this.#length = 0
    return held
  }
}
