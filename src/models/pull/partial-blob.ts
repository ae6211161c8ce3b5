/**
 * A blob that is not whole yet: a file of its final size with holes, and a journal of the parts that are in it. A part is written,
 * made durable, and only then noted with its checksum, so that after a kill or a power cut every part that is noted is there, and
 * is looked at again before it counts.
 */
import { createHash, type Hash } from 'node:crypto'
import { type Digest, parseDigest } from '../../core/digest.ts'
import { isErrno, readBytes, removeFile } from '../../sys/files.ts'
import { openPlacedFile, type PlacedFile } from '../../sys/placed-file.ts'
import { moveIntoPlace } from '../../sys/store-files.ts'
import { blobPath, partialPaths } from '../store-layout.ts'
import { journalHead, journalLine, type ReadJournal, readJournal } from './journal.ts'
import { Checksum, type Part, partBytesFor, partsOf } from './parts.ts'

/** A journal of the largest blob in the smallest parts is far below. */
const journalBytesMax = 16 * 1024 * 1024

/** Read at once when parts are looked at. */
const readStepBytes = 1024 * 1024

export interface BlobFacts {
  readonly digest: Digest
  readonly sizeBytes: number
}

/** Opens what an earlier transfer left, or begins anew. Throws the system's error. */
export async function openPartialBlob(modelDir: string, blob: BlobFacts): Promise<PartialBlob> {
  const paths = partialPaths(modelDir, blob.digest)
  const left = await readLeftJournal(paths.journal, blob.sizeBytes)
  const data = await openPlacedFile(paths.data)
  try {
    const journal = await openPlacedFile(paths.journal)
    try {
      const isKnown = left !== undefined && data.sizeBytes === blob.sizeBytes
      const partBytes = isKnown ? left.partBytes : partBytesFor(blob.sizeBytes)
      const kept = isKnown ? left.parts : new Map<number, string>()
      const head = Buffer.from(journalHead({ sizeBytes: blob.sizeBytes, partBytes }))
      const journalBytes = isKnown ? left.wholeBytes : head.length
      await journal.truncate(isKnown ? journalBytes : 0) // behind a torn line nothing could be noted
      if (!isKnown) await journal.write(0, head)
      if (data.sizeBytes !== blob.sizeBytes) await data.truncate(blob.sizeBytes)
      const files = { data, journal, journalBytes }
      return new PartialBlob(modelDir, blob, files, { partBytes, kept })
    } catch (error) {
      await journal.close()
      throw error
    }
  } catch (error) {
    await data.close()
    throw error
  }
}

/** See the head of this file. */
export class PartialBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly parts: readonly Part[]
  readonly #modelDir: string
  readonly #data: PlacedFile
  readonly #journal: PlacedFile
  #journalBytes: number
  #notedBytes = 0
  #isClosed = false
  readonly #sums: Map<number, string>
  /** Of all bytes before the part `#checked`. */
  #whole = createHash('sha256')
  #checked = 0
  #noting: Promise<unknown> = Promise.resolve()

  constructor(
    modelDir: string,
    { digest, sizeBytes }: BlobFacts,
    files: { data: PlacedFile; journal: PlacedFile; journalBytes: number },
    { partBytes, kept }: { partBytes: number; kept: ReadonlyMap<number, string> },
  ) {
    this.#modelDir = modelDir
    this.digest = digest
    this.sizeBytes = sizeBytes
    this.parts = partsOf(sizeBytes, partBytes)
    this.#data = files.data
    this.#journal = files.journal
    this.#journalBytes = files.journalBytes
    this.#sums = new Map([...kept].filter(([index]) => index < this.parts.length))
    for (const part of this.parts) if (this.has(part)) this.#notedBytes += part.end - part.from
  }

  has({ index }: Part): boolean {
    return this.#sums.has(index)
  }

  get isWhole(): boolean {
    return this.#sums.size === this.parts.length
  }

  /** Bytes of all parts that are there. */
  get notedBytes(): number {
    return this.#notedBytes
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#data.write(offset, bytes)
  }

  /** Notes that all of a part is written. `hex`: checksum of what came. */
  note({ index, from, end }: Part, hex: string): Promise<void> {
    const noted = this.#noting.then(async () => {
      await this.#data.sync()
      const line = Buffer.from(journalLine(index, hex))
      await this.#journal.write(this.#journalBytes, line)
      await this.#journal.sync()
      this.#journalBytes += line.length
      this.#sums.set(index, hex)
      this.#notedBytes += end - from
    })
    this.#noting = noted.catch(() => undefined)
    return noted
  }

  /**
   * Reads on from where it stopped as long as parts are there, compares each with its note, and takes its bytes into the hash of
   * the whole. A part that is not what was noted counts as absent again. Never run twice at the same time.
   */
  async check(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const part = this.parts[this.#checked]
      const noted = part && this.#sums.get(part.index)
      if (part === undefined || noted === undefined) return
      const before = this.#whole.copy()
      const sum = await this.#readPart(part, this.#whole)
      if (sum === noted) this.#checked++
      else {
        this.#whole = before
        this.#sums.delete(part.index)
        this.#notedBytes -= part.end - part.from
      }
    }
  }

  /** The digest of all bytes; undefined as long as `check` has not seen them all. */
  actualDigest(): Digest | undefined {
    if (this.#checked < this.parts.length) return undefined
    return parseDigest(`sha256:${this.#whole.copy().digest('hex')}`)
  }

  /** Gives the file its name in the store. Killed before or after the rename, the next transfer finds either. */
  async publish(): Promise<void> {
    await this.#data.sync()
    await this.close()
    const paths = partialPaths(this.#modelDir, this.digest)
    await moveIntoPlace(paths.data, blobPath(this.#modelDir, this.digest))
    await removeFile(paths.journal)
  }

  /** Throws away what was fetched. The journal goes first: without it the rest is worth nothing. */
  async discard(): Promise<void> {
    await this.close()
    const paths = partialPaths(this.#modelDir, this.digest)
    await removeFile(paths.journal)
    await removeFile(paths.data)
  }

  /** Keeps what was fetched for the next time; closing twice is fine. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#noting
    await this.#data.close()
    await this.#journal.close()
  }

  /** Takes a part into the hash of the whole, and gives its checksum; a wrong one when the file is too short. */
  async #readPart({ from, end }: Part, whole: Hash): Promise<string> {
    const own = new Checksum()
    const buffer = Buffer.allocUnsafeSlow(Math.min(readStepBytes, end - from))
    for (let at = from; at < end; ) {
      const target = buffer.subarray(0, Math.min(buffer.length, end - at))
      const got = await this.#data.readInto(target, at)
      if (got === 0) break
      const bytes = target.subarray(0, got)
      own.add(bytes)
      whole.update(bytes)
      at += got
    }
    return own.hex
  }
}

async function readLeftJournal(path: string, sizeBytes: number): Promise<ReadJournal | undefined> {
  try {
    const text = new TextDecoder().decode(await readBytes(path, journalBytesMax))
    const journal = readJournal(text)
    return journal?.sizeBytes === sizeBytes && journal.partBytes > 0 ? journal : undefined
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof RangeError) return undefined
    throw error
  }
}
