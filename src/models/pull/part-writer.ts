/** Takes the bytes of one part as they come. */
import type { PartialBlob } from './partial-blob.ts'
import { Checksum, type Part } from './parts.ts'

/** Called before bytes are written; throws when there is no room for them. */
export type NeedRoom = (bytes: number) => Promise<void>

/** Written at once: a write of each piece of 64 KiB that comes costs more than what is in it. */
const writeBytes = 1024 * 1024

export class PartWriter {
  readonly part: Part
  readonly #blob: PartialBlob
  readonly #needRoom: NeedRoom
  readonly #checksum = new Checksum()
  #position: number
  /** What has come and is not written yet stands at its start. Copied: pieces that live until they are written cost more to collect. */
  readonly #held: Uint8Array
  #heldBytes = 0

  constructor(blob: PartialBlob, part: Part, needRoom: NeedRoom) {
    this.#blob = blob
    this.part = part
    this.#needRoom = needRoom
    this.#position = part.from
    this.#held = Buffer.allocUnsafeSlow(Math.min(writeBytes, part.end - part.from))
  }

  /** Where in the blob the next byte belongs. */
  get position(): number {
    return this.#position
  }

  /** Bytes of the part that have come. */
  get takenBytes(): number {
    return this.#position - this.part.from
  }

  get isFull(): boolean {
    return this.#position === this.part.end
  }

  /** Takes what belongs to this part, and notes the part when all of it is written. Gives what is left. */
  async take(chunk: Uint8Array): Promise<Uint8Array> {
    const own = chunk.subarray(0, this.part.end - this.#position)
    await this.#needRoom(own.length)
    this.#checksum.add(own)
    for (let rest = own; rest.length > 0; ) rest = await this.#hold(rest)
    if (this.isFull) await this.#write()
    if (this.isFull) await this.#blob.note(this.part, this.#checksum.hex)
    return chunk.subarray(own.length)
  }

  /** Gives what does not fit any more; what is full is written. */
  async #hold(bytes: Uint8Array): Promise<Uint8Array> {
    const fitting = bytes.subarray(0, this.#held.length - this.#heldBytes)
    this.#held.set(fitting, this.#heldBytes)
    this.#heldBytes += fitting.length
    this.#position += fitting.length
    if (this.#heldBytes === this.#held.length) await this.#write()
    return bytes.subarray(fitting.length)
  }

  async #write(): Promise<void> {
    const bytes = this.#held.subarray(0, this.#heldBytes)
    this.#heldBytes = 0
    if (bytes.length > 0) await this.#blob.write(this.#position - bytes.length, bytes)
  }
}
