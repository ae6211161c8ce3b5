/**
 * Looks whether the files of models are still what their names say: disks lose bits. What is rotten is set aside at once, so that
 * nobody loads it or copies it on, and fetched again from the registry that the model's name says.
 */
import { createHash } from 'node:crypto'
import type { Digest } from '../../core/digest.ts'
import { isOdError } from '../../core/errors/index.ts'
import type { ModelName } from '../../core/model-name.ts'
import type { Clock } from '../../sys/clock.ts'
import { factsOf, isErrno } from '../../sys/files.ts'
import { isRefused, lackingRight } from '../../sys/lacking-right.ts'
import type { Log } from '../../sys/log.ts'
import type { Random } from '../../sys/random.ts'
import { openReadable } from '../../sys/readable-file.ts'
import type { BlobFacts } from '../pull/partial-blob.ts'
import { blobPath } from '../store-layout.ts'
import { type NeededBlob, neededBlobs } from './needed.ts'
import { Pace } from './pace.ts'

/** A file that is not what it should be, or that may not be read, so that nobody knows. */
export interface Finding {
  readonly digest: Digest
  /** Models that need it. */
  readonly models: readonly string[]
  readonly problem: 'missing' | 'rotten' | 'unreadable'
  /** True when it was fetched again. */
  readonly isHealed: boolean
  /** Why it could not be fetched, empty when it was; or which right lacks. */
  readonly reason: string
}

/** How far a look at the files is. */
export interface ScrubProgress {
  readonly files: number
  readonly filesTotal: number
  readonly bytes: number
  readonly bytesTotal: number
}

export interface ScrubRequest {
  /** Undefined: all. */
  readonly model: ModelName | undefined
  /** Read at most so fast; 0: as fast as it goes. */
  readonly bytesPerSecond: number
  readonly onProgress: (progress: ScrubProgress) => void
  readonly onFinding: (finding: Finding) => void
  /** Hears of a file that has lost its name; who has it open still reads what is rotten. */
  readonly onSetAside: (path: string) => void
}

export interface ScrubberOptions {
  readonly modelDir: string
  readonly store: {
    setAside(digest: Digest, modifiedMs: number): Promise<boolean>
    dropAside(digest: Digest): Promise<void>
  }
  readonly puller: {
    refetch(blob: BlobFacts, sources: readonly ModelName[], signal: AbortSignal): Promise<void>
  }
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** See the head of this file. */
export class Scrubber {
  readonly #options: ScrubberOptions

  constructor(options: ScrubberOptions) {
    this.#options = options
  }

  /**
   * Looks at every file once, in an order of chance, so that a look that is often cut short comes to each of them in time. Throws
   * `OD_MODEL_NOT_FOUND`, the system's error when a disk cannot be read, the signal's reason.
   */
  async verify(request: ScrubRequest, signal: AbortSignal): Promise<ScrubProgress> {
    const { modelDir, clock, random } = this.#options
    const blobs = shuffled(await neededBlobs(modelDir, request.model), random)
    const bytesTotal = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const pace = new Pace(clock, request.bytesPerSecond)
    let progress = { files: 0, filesTotal: blobs.length, bytes: 0, bytesTotal }
    for (const blob of blobs) {
      const before = progress.bytes
      const read = async (bytes: number) => {
        progress = { ...progress, bytes: Math.min(progress.bytes + bytes, bytesTotal) }
        request.onProgress(progress)
        await pace.spent(bytes, signal)
      }
      await this.#verifyBlob(blob, request, read, signal).catch(async (error: unknown) => {
        if (!isRefused(error)) throw error
        request.onFinding(await this.#unreadable(blob, error))
      })
      const { files } = progress
      progress = { ...progress, files: files + 1, bytes: before + blob.sizeBytes }
      request.onProgress(progress)
    }
    return progress
  }

  async #verifyBlob(
    blob: NeededBlob,
    request: ScrubRequest,
    read: (bytes: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, log, modelDir } = this.#options
    const { digest, models } = blob
    const path = blobPath(modelDir, digest)
    const before = await factsOf(path).catch(asAbsent)
    const actual = before && (await digestOf(path, read, signal).catch(asAbsent))
    if (actual === digest) return
    if (before !== undefined) {
      if (!(await store.setAside(digest, before.modifiedMs))) return // it was replaced or removed meanwhile
      request.onSetAside(path)
    }
    const problem = before === undefined ? 'missing' : 'rotten'
    log.warn({ digest, models, problem }, 'model.damaged')
    const reason = await this.#heal(blob, signal)
    const isHealed = reason === ''
    if (isHealed) log.info({ digest, models }, 'model.healed')
    else log.error({ digest, models, reason }, 'model.unhealed')
    request.onFinding({ digest, models, problem, isHealed, reason })
  }

  /** It is left where it is: whoever gave it these rights may give others. */
  async #unreadable(
    { digest, models }: NeededBlob,
    error: NodeJS.ErrnoException,
  ): Promise<Finding> {
    const reason = await lackingRight(error, 'read')
    this.#options.log.error({ digest, models, reason }, 'model.unreadable')
    return { digest, models, problem: 'unreadable', isHealed: false, reason }
  }

  /** Why it could not be fetched again; empty when it was. */
  async #heal({ digest, sizeBytes, sources }: NeededBlob, signal: AbortSignal): Promise<string> {
    const { puller, store } = this.#options
    try {
      await puller.refetch({ digest, sizeBytes }, sources, signal)
      await store.dropAside(digest)
      return ''
    } catch (error) {
      signal.throwIfAborted()
      if (!isOdError(error)) throw error
      return error.message
    }
  }
}

async function digestOf(
  path: string,
  read: (bytes: number) => Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256')
  const file = await openReadable(path)
  if (file.sizeBytes === 0) await file.close()
  else {
    for await (const piece of file.stream(0, file.sizeBytes - 1) as AsyncIterable<Buffer>) {
      signal.throwIfAborted()
      hash.update(piece)
      await read(piece.length)
    }
  }
  return `sha256:${hash.digest('hex')}`
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[], random: Random): readonly Item[] {
  const all = [...items]
  for (let last = all.length - 1; last > 0; last--) {
    const at = Math.floor(random.number() * (last + 1))
    const [a, b] = [all[last] as Item, all[at] as Item]
    all[last] = b
    all[at] = a
  }
  return all
}

function asAbsent(error: unknown): undefined {
  if (isErrno(error, 'ENOENT')) return undefined
  throw error
}
