/** Takes the bytes of one part as they come. */
import { createHash } from 'node:crypto'
import type { PartialBlob } from './partial-blob.ts'
import type { Part } from './parts.ts'

/** Called before bytes are written; throws when there is no room for them. */
export type NeedRoom = (bytes: number) => Promise<void>

export class PartWriter {
  readonly part: Part
  readonly #blob: PartialBlob
  readonly #needRoom: NeedRoom
  readonly #hash = createHash('sha256')
  #position: number

  constructor(blob: PartialBlob, part: Part, needRoom: NeedRoom) {
    this.#blob = blob
    this.part = part
    this.#needRoom = needRoom
    this.#position = part.from
  }

  /** Where in the blob the next byte belongs. */
  get position(): number {
    return this.#position
  }

  get writtenBytes(): number {
    return this.#position - this.part.from
  }

  get isFull(): boolean {
    return this.#position === this.part.end
  }

  /** Writes what belongs to this part, and notes the part when it is full. Gives what is left. */
  async take(chunk: Uint8Array): Promise<Uint8Array> {
    const own = chunk.subarray(0, this.part.end - this.#position)
    await this.#needRoom(own.length)
    await this.#blob.write(this.#position, own)
    this.#hash.update(own)
    this.#position += own.length
    if (this.isFull) await this.#blob.note(this.part, this.#hash.digest('hex'))
    return chunk.subarray(own.length)
  }
}
