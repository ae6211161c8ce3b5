/** Transfers that are under way: a blob is fetched once, however many pulls need it. */
import type { Digest } from '../../core/digest.ts'
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Random } from '../../sys/random.ts'
import type { BlobAnswer } from '../registry/index.ts'
import { asStoreFailure, type Disk, Room } from '../room.ts'
import { type Run, SharedRuns } from '../shared-runs.ts'
import { BlobTransfer } from './blob-transfer.ts'
import { type BlobFacts, openPartialBlob } from './partial-blob.ts'

export interface TransferContext {
  readonly modelDir: string
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
}

/** Where pulls of one model have their bytes from. */
export interface ModelSource {
  blob(
    blob: BlobFacts,
    range: { readonly from: number; readonly end: number },
    signal: AbortSignal,
  ): Promise<BlobAnswer>
}

export class SharedTransfers {
  readonly #context: TransferContext
  readonly #running = new SharedRuns<Digest, ModelSource>()

  constructor(context: TransferContext) {
    this.#context = context
  }

  /**
   * Resolves once the blob lies in the store, fetched from `source` or by another pull that has begun already. `onStart` is given
   * what tells how much is there. Throws the errors of `OD_REGISTRY_*`, `OD_PULL_*`, `OD_DISK_FULL`; when `signal` fires,
   * its reason, after the last pull that waits has let the transfer end; it can go on later.
   */
  async fetch(
    blob: BlobFacts,
    source: ModelSource,
    onStart: (completedBytes: () => number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const start = (stop: AbortSignal) => this.#start(blob, source, stop)
    await this.#running.join(blob.digest, source, start, onStart, signal)
  }

  /** Resolves once no transfer reads from that source any more; one may outlive the pull that began it. */
  async unused(source: ModelSource): Promise<void> {
    await this.#running.unused(source)
  }

  #start(blob: BlobFacts, source: ModelSource, signal: AbortSignal): Run {
    let transfer: BlobTransfer | undefined
    const done = this.#run(blob, source, signal, (begun) => {
      transfer = begun
    })
    return { done, completedBytes: () => transfer?.completedBytes ?? 0 }
  }

  async #run(
    blob: BlobFacts,
    source: ModelSource,
    signal: AbortSignal,
    onBegun: (transfer: BlobTransfer) => void,
  ): Promise<void> {
    const { modelDir, disk, clock, random } = this.#context
    const room = new Room(modelDir, disk)
    const partial = await openPartialBlob(modelDir, blob).catch(asStoreFailure)
    try {
      const needRoom = (bytes: number) => room.need(bytes)
      const transfer = new BlobTransfer({
        blob: partial,
        source: (range, each) => source.blob(blob, range, each),
        clock,
        random,
        needRoom,
      })
      onBegun(transfer)
      await transfer.run(signal)
      const actual = partial.actualDigest() ?? ''
      if (actual === blob.digest) return await partial.publish()
      await partial.discard()
      throw new OdError('OD_PULL_DIGEST', { expected: blob.digest, actual })
    } catch (error) {
      await partial.close().catch(() => undefined) // the first failure is the one to tell
      return await asStoreFailure(error)
    }
  }
}
