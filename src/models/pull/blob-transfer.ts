/**
 * Fetches one blob: several connections take its parts from the front, one after the other, while what is there in a row is read back
 * and hashed. A server that does not know ranges is read once from the front instead.
 */
import type { Clock } from '../../sys/clock.ts'
import type { Random } from '../../sys/random.ts'
import { type BlobAnswer, registryLimits } from '../registry/index.ts'
import { untilDone } from '../tries.ts'
import { type NeedRoom, PartWriter } from './part-writer.ts'
import type { PartialBlob } from './partial-blob.ts'
import type { Part } from './parts.ts'

/** Where a blob's bytes come from. Failures that say `retryable` may pass. */
export type BlobSource = (
  range: { readonly from: number; readonly end: number },
  signal: AbortSignal,
) => Promise<BlobAnswer>

export interface TransferOptions {
  readonly blob: PartialBlob
  readonly source: BlobSource
  readonly clock: Clock
  readonly random: Random
  readonly needRoom: NeedRoom
}

/** See the head of this file. */
export class BlobTransfer {
  readonly #options: TransferOptions
  /** One per part that is being fetched. */
  readonly #writers = new Map<Part, PartWriter>()
  /** True once the server has shown that it sends all or nothing. */
  #isWholeOnly = false
  #checking: Promise<void> = Promise.resolve()

  constructor(options: TransferOptions) {
    this.#options = options
  }

  /** Bytes that are here, those of unfinished parts included. */
  get completedBytes(): number {
    const { blob } = this.#options
    const arriving = [...this.#writers.values()].filter(({ part }) => !blob.has(part))
    return arriving.reduce((sum, { takenBytes }) => sum + takenBytes, blob.notedBytes)
  }

  /**
   * Resolves once all bytes are there and hashed; whether the hash is right is the caller's to see. Throws the errors of
   * `OD_REGISTRY_*`, `OD_DISK_FULL`, the system's; what is done by then stays noted.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { blob } = this.#options
    try {
      do {
        this.#check(signal)
        if (!this.#isWholeOnly) await this.#fetchParts(signal)
        if (this.#isWholeOnly && !blob.isWhole) await this.#fetchWhole(signal)
        this.#check(signal)
        await this.#checking // a part that is not what was noted is missing again
      } while (!blob.isWhole)
    } finally {
      await this.#checking.catch(() => undefined)
    }
  }

  /** Several connections at once; the first failure ends them all. */
  async #fetchParts(signal: AbortSignal): Promise<void> {
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    const lanes = Array.from({ length: registryLimits.connectionsMax }, async () => {
      try {
        await this.#lane(either)
        if (this.#isWholeOnly) stop.abort()
      } catch (error) {
        stop.abort(error)
      }
    })
    await Promise.all(lanes)
    signal.throwIfAborted()
    if (!this.#isWholeOnly) stop.signal.throwIfAborted()
  }

  /** One connection: part after part until none is left. */
  async #lane(signal: AbortSignal): Promise<void> {
    const { blob } = this.#options
    while (!this.#isWholeOnly) {
      const part = blob.parts.find((one) => !blob.has(one) && !this.#writers.has(one))
      if (part === undefined) return
      const writer = this.#writerOf(part)
      const work = {
        request: (each: AbortSignal, onBytes: (bytes: number) => void) =>
          this.#fetchPart(writer, each, onBytes),
        gainedBytes: () => writer.takenBytes,
      }
      try {
        await untilDone(work, this.#options, signal)
      } finally {
        this.#writers.delete(part)
      }
      this.#check(signal)
    }
  }

  /** Asks for what a part lacks. True as well when the server sends the whole blob, which is not read then. */
  async #fetchPart(
    writer: PartWriter,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): Promise<boolean> {
    const { blob, source } = this.#options
    const range = { from: writer.position, end: writer.part.end }
    const { isWhole, chunks } = await source(range, signal)
    if (isWhole && range.end - range.from < blob.sizeBytes) {
      this.#isWholeOnly = true // the connection is cut when all of them are stopped
      return true
    }
    for await (const chunk of chunks) {
      onBytes(chunk.length)
      await writer.take(chunk)
      if (writer.isFull) break
    }
    return writer.isFull
  }

  /** Reads the blob from its first byte, as often as it takes; parts that are there already are read over. */
  async #fetchWhole(signal: AbortSignal): Promise<void> {
    const { blob } = this.#options
    const work = {
      request: async (each: AbortSignal, onBytes: (bytes: number) => void) => {
        await this.#readThrough(each, onBytes)
        return blob.isWhole
      },
      gainedBytes: () => blob.notedBytes,
    }
    await untilDone(work, this.#options, signal)
  }

  async #readThrough(signal: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
    const { blob, source } = this.#options
    const { chunks } = await source({ from: 0, end: blob.sizeBytes }, signal)
    let position = 0
    try {
      for await (const chunk of chunks) {
        onBytes(chunk.length)
        for (let rest = chunk; rest.length > 0; ) {
          const part = blob.parts.find(({ end }) => position < end)
          if (part === undefined) return
          const left = blob.has(part)
            ? rest.subarray(part.end - position)
            : await this.#writerOf(part).take(rest)
          position += rest.length - left.length
          rest = left
          if (position === part.end) {
            this.#writers.delete(part)
            this.#check(signal)
          }
        }
      }
    } finally {
      this.#writers.clear() // what is not a whole part by now is read again
    }
  }

  #writerOf(part: Part): PartWriter {
    const { blob, needRoom } = this.#options
    const writer = this.#writers.get(part) ?? new PartWriter(blob, part, needRoom)
    this.#writers.set(part, writer)
    return writer
  }

  /** Reads on and hashes, after what is being read. */
  #check(signal: AbortSignal): void {
    this.#checking = this.#checking.then(() => this.#options.blob.check(signal))
    this.#checking.catch(() => undefined) // `run` waits for it and throws it
  }
}
