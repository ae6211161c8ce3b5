import { ggufLimits, refused } from './limits.ts'

/** Gives the bytes of a file from `offset` on, `length` of them; fewer only when the file has become shorter. */
export type ReadBytes = (offset: number, length: number) => Uint8Array

/** Large enough that a vocabulary costs few reads, small enough to be no matter. */
const windowBytes = 64 * 1024

/**
 * Walks a file from its start. Every step is checked against the file's size and the header's limit before anything is
 * read, so a lying length costs nothing.
 */
export class Cursor {
  readonly #read: ReadBytes
  readonly #sizeBytes: number
  #at: number
  #window: Buffer = Buffer.alloc(0)
  #windowAt = 0
  #keptBytes = 0
  #walkedElements = 0

  constructor(read: ReadBytes, fileSizeBytes: number, at = 0) {
    this.#read = read
    this.#sizeBytes = fileSizeBytes
    this.#at = at
  }

  /** Offset of the next byte. */
  get at(): number {
    return this.#at
  }

  /** The next bytes; valid until the next call. */
  bytes(length: number): Buffer {
    const start = this.#at
    this.pass(length)
    const windowEnd = this.#windowAt + this.#window.length
    if (start < this.#windowAt || this.#at > windowEnd) this.#load(start, length)
    return this.#window.subarray(start - this.#windowAt, this.#at - this.#windowAt)
  }

  pass(length: number): void {
    const next = this.#at + length
    if (next > this.#sizeBytes) throw refused('it ends inside its header')
    if (next > ggufLimits.headerBytesMax) throw refused('its header is too large')
    this.#at = next
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE()
  }

  /** A count, length or offset; beyond what a number counts exactly it is refused. */
  uint64(): number {
    const bytes = this.bytes(8)
    const value = bytes.readUInt32LE() + bytes.readUInt32LE(4) * 2 ** 32
    if (!Number.isSafeInteger(value)) throw refused('a number in it is too large')
    return value
  }

  /** A text that is kept; `lengthMax` in bytes. */
  text(lengthMax: number): string {
    const length = this.uint64()
    if (length > lengthMax) throw refused('a text in it is too long')
    this.#keptBytes += length
    if (this.#keptBytes > ggufLimits.keptBytesMax) throw refused('its texts are too long together')
    return this.bytes(length).toString()
  }

  /** Moves behind a text. */
  passText(): void {
    const length = this.uint64()
    if (length > ggufLimits.stringBytesMax) throw refused('a text in it is too long')
    this.pass(length)
  }

  /** Says that so many elements will be walked one by one, each of at least `elementBytesMin`. */
  planWalk(elements: number, elementBytesMin: number): void {
    this.#walkedElements += elements
    if (this.#walkedElements > ggufLimits.walkedElementsMax)
      throw refused('its arrays are too long')
    if (elements * elementBytesMin > this.#sizeBytes - this.#at) {
      throw refused('an array in it is longer than the file')
    }
  }

  #load(start: number, length: number): void {
    const wanted = Math.min(Math.max(length, windowBytes), this.#sizeBytes - start)
    const bytes = this.#read(start, wanted)
    if (bytes.length < length) throw refused('it became shorter while it was read')
    this.#window = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#windowAt = start
  }
}
