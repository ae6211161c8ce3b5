/**
 * Brings one blob to a registry: in an upload session, in parts one after the other. A part that fails is not the end: the registry is asked
 * what it has, and the upload goes on there, or anew when the session is gone.
 */
import { createHash } from 'node:crypto'
import type { Digest } from '../../core/digest.ts'
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Random } from '../../sys/random.ts'
import type { ReadableFile } from '../../sys/readable-file.ts'
import { registryLimits, type UploadPart, type UploadState } from '../registry/index.ts'
import { untilDone } from '../tries.ts'

/** Where a blob goes. Failures that say `retryable` may pass. */
export interface UploadTarget {
  hasBlob(digest: Digest, signal: AbortSignal): Promise<boolean>
  begin(
    digest: Digest,
    mountFrom: string | undefined,
    signal: AbortSignal,
  ): Promise<URL | 'mounted'>
  state(session: URL, signal: AbortSignal): Promise<UploadState | undefined>
  sendPart(session: URL, part: UploadPart, signal: AbortSignal): Promise<URL>
  commit(session: URL, digest: Digest, etag: string | undefined, signal: AbortSignal): Promise<void>
}

export interface UploadOptions {
  readonly digest: Digest
  readonly sizeBytes: number
  /** A repository of the same registry that may have the blob. */
  readonly mountFrom: string | undefined
  readonly target: UploadTarget
  /** Opens the blob; undefined when it is not there any more. */
  readonly open: () => Promise<ReadableFile | undefined>
  readonly clock: Clock
  readonly random: Random
}

/** See the head of this file. */
export class BlobUpload {
  readonly #options: UploadOptions
  readonly #partBytes: number
  #session: URL | undefined
  /** True when the registry may have other bytes than `#takenBytes`. */
  #isDoubtful = false
  /** True when the registry may have made the blob of what it got. */
  #mayBeThere = false
  #isAnswerAwaited = false
  #takenBytes = 0
  #takenBytesMax = 0
  #flyingBytes = 0
  /** MD5 of each part; undefined when an upload went on within one. */
  #partHashes: Buffer[] | undefined = []

  constructor(options: UploadOptions) {
    this.#options = options
    const { uploadPartBytesMin, uploadPartBytesMax, uploadPartsWanted } = registryLimits
    const wanted = Math.ceil(options.sizeBytes / uploadPartsWanted)
    this.#partBytes = Math.min(Math.max(wanted, uploadPartBytesMin), uploadPartBytesMax)
  }

  /** Bytes that are out; those of a part that failed are none. */
  get completedBytes(): number {
    return this.#takenBytes + this.#flyingBytes
  }

  /** Where the upload could go on; undefined when it is done or never began. */
  get session(): URL | undefined {
    return this.#session
  }

  /**
   * Resolves once the registry has the blob. `left`: the session of an upload that was broken off. Throws the errors of `OD_REGISTRY_*`,
   * `OD_MODEL_INCOMPLETE`, the signal's reason.
   */
  async run(left: URL | undefined, signal: AbortSignal): Promise<void> {
    this.#session = left
    this.#isDoubtful = left !== undefined
    const work = {
      request: async (each: AbortSignal, onBytes: (bytes: number) => void) => {
        await this.#attempt(each, onBytes)
        return true
      },
      gainedBytes: () => this.#takenBytesMax,
      isAnswerAwaited: () => this.#isAnswerAwaited,
    }
    await untilDone(work, this.#options, signal)
    this.#session = undefined
    this.#takenBytes = this.#options.sizeBytes
  }

  /** As far as one try goes. */
  async #attempt(signal: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
    const { digest, sizeBytes, target } = this.#options
    if (this.#mayBeThere && (await target.hasBlob(digest, signal))) return
    if (this.#isDoubtful) await this.#askState(signal)
    if (this.#session === undefined) {
      const begun = await target.begin(digest, this.#options.mountFrom, signal)
      if (begun === 'mounted') return
      this.#startAt(begun, 0)
    }
    while (this.#takenBytes < sizeBytes) await this.#sendPart(signal, onBytes)
    this.#mayBeThere = true
    this.#isDoubtful = true
    await this.#awaiting(target.commit(this.#needSession(), digest, this.#etag(), signal))
  }

  async #sendPart(signal: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
    const { sizeBytes, target } = this.#options
    const from = this.#takenBytes
    const end = Math.min(from + this.#partBytes, sizeBytes)
    let hash = createHash('md5')
    const body = () => {
      const own = createHash('md5') // a part may be asked for twice, while the first is still being read
      hash = own
      this.#flyingBytes = 0
      return this.#read({ from, end }, (chunk) => {
        own.update(chunk)
        if (hash === own) this.#flyingBytes += chunk.length
        onBytes(chunk.length)
      })
    }
    this.#isDoubtful = true
    try {
      const part = { from, end, body }
      this.#session = await this.#awaiting(target.sendPart(this.#needSession(), part, signal))
    } finally {
      this.#flyingBytes = 0
    }
    this.#isDoubtful = false
    this.#takenBytes = end
    this.#takenBytesMax = Math.max(this.#takenBytesMax, end)
    this.#partHashes?.push(hash.digest())
  }

  async *#read(
    { from, end }: { readonly from: number; readonly end: number },
    onChunk: (chunk: Uint8Array) => void,
  ): AsyncGenerator<Uint8Array> {
    const file = await this.#options.open()
    if (file === undefined || file.sizeBytes !== this.#options.sizeBytes) {
      await file?.close()
      throw new OdError('OD_MODEL_INCOMPLETE', { part: this.#options.digest })
    }
    this.#isAnswerAwaited = false
    for await (const chunk of file.stream(from, end - 1) as AsyncIterable<Uint8Array>) {
      yield chunk
      onChunk(chunk)
    }
    this.#isAnswerAwaited = true
  }

  /** Takes what the registry has for what was sent; nothing when it knows nothing of the upload. */
  async #askState(signal: AbortSignal): Promise<void> {
    const { sizeBytes, target } = this.#options
    const session = this.#session
    const state = session && (await target.state(session, signal))
    this.#isDoubtful = false
    if (state !== undefined && state.bytes <= sizeBytes) this.#startAt(state.session, state.bytes)
    else this.#session = undefined
  }

  #startAt(session: URL, bytes: number): void {
    this.#session = session
    if (bytes === 0) this.#partHashes = []
    else if (bytes !== this.#takenBytes) this.#partHashes = undefined
    this.#takenBytes = bytes
    this.#takenBytesMax = Math.max(this.#takenBytesMax, bytes)
    this.#isDoubtful = false
  }

  async #awaiting<Result>(answer: Promise<Result>): Promise<Result> {
    this.#isAnswerAwaited = true // as long as no byte of a body is read
    try {
      return await answer
    } finally {
      this.#isAnswerAwaited = false
    }
  }

  #needSession(): URL {
    if (this.#session === undefined) throw new TypeError('a part is sent within a session')
    return this.#session
  }

  /** As S3 counts that of an object in parts, which registries for Ollama compare. */
  #etag(): string | undefined {
    if (this.#partHashes === undefined) return undefined
    const hash = createHash('md5')
    for (const one of this.#partHashes) hash.update(one)
    return `${hash.digest('hex')}-${this.#partHashes.length}`
  }
}
