/** Brings a model from its registry: manifest first, then what it names, and the manifest last. Source: Ollama server/images.go, PullModel. */
import type { Digest } from '../../core/digest.ts'
import { isOdError, OdError } from '../../core/errors/index.ts'
import { displayName, type ModelName } from '../../core/model-name.ts'
import type { Log } from '../../sys/log.ts'
import { allocatedBytes } from '../../sys/store-files.ts'
import { decodeManifest } from '../../wire/manifest.ts'
import {
  MirroredClient,
  type RegistryAccess,
  type RegistryOptions,
  registryLimits,
} from '../registry/index.ts'
import { Room } from '../room.ts'
import { partialPaths } from '../store-layout.ts'
import type { BlobFacts } from './partial-blob.ts'
import { type ModelSource, SharedTransfers, type TransferContext } from './shared-transfers.ts'

/** One line of progress, as Ollama shows it. */
export interface PullProgress {
  readonly status: string
  readonly digest?: Digest
  /** Bytes of the blob. */
  readonly total?: number
  /** Bytes of it that are here. */
  readonly completed?: number
}

/** What a pull needs of the store. */
interface Store {
  blobBytes(digest: Digest): Promise<number | undefined>
  hold(digests: readonly Digest[]): Promise<() => Promise<void>>
  publish(name: ModelName, manifest: Uint8Array, removing: () => void): Promise<void>
}

/** A registry with a model in it. */
export interface ModelRegistry extends ModelSource {
  /** The manifest's bytes as they came. */
  manifest(signal: AbortSignal): Promise<Uint8Array>
  /** Leaves the source out that sent wrong bytes. False when there is no other. */
  passOver(): boolean
  close(): Promise<void>
}

export interface PullerOptions extends TransferContext {
  readonly store: Store
  readonly registry: RegistryOptions
  readonly log: Log
}

/** Pulls models into one store. */
export class Puller {
  readonly #options: PullerOptions
  readonly #connect: (access: RegistryAccess) => ModelRegistry
  readonly #transfers: SharedTransfers

  constructor(
    options: PullerOptions,
    connect = (access: RegistryAccess): ModelRegistry =>
      new MirroredClient(access, options.registry),
  ) {
    this.#options = options
    this.#connect = connect
    this.#transfers = new SharedTransfers(options)
  }

  /**
   * Pulls a model, or brings it up to date. `progress` hears Ollama's lines but the last. Throws the errors of `OD_PULL_*`,
   * `OD_REGISTRY_*`, `OD_DISK_FULL`; when `signal` fires, its reason. What was fetched by then is kept for the next pull.
   */
  async pull(
    access: RegistryAccess,
    progress: (line: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, log, modelDir, disk } = this.#options
    const client = this.#connect(access)
    let release = async (): Promise<void> => undefined
    try {
      progress({ status: 'pulling manifest' })
      const { bytes, blobs } = await readManifest(client, signal)
      release = await store.hold(blobs.map(({ digest }) => digest))
      const missing = await this.#missing(blobs)
      const missingBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      await new Room(modelDir, disk).needAll(missingBytes - (await keptBytes(modelDir, missing)))
      for (const blob of blobs) {
        const isHere = !missing.includes(blob)
        if (isHere) progress(lineOf(blob, blob.sizeBytes))
        else await this.#fetch(client, blob, progress, signal)
      }
      progress({ status: 'verifying sha256 digest' }) // done while they came
      progress({ status: 'writing manifest' })
      await store.publish(access.name, bytes, () => progress({ status: 'removing unused layers' }))
      log.info({ model: displayName(access.name), fetchedBytes: missingBytes }, 'model.pulled')
    } finally {
      void this.#transfers.unused(client).then(() => client.close())
      await release()
    }
  }

  /**
   * Brings a blob of models that are here once more, from the first of those names whose registry has it. Throws the last failure,
   * one of `OD_REGISTRY_*`, `OD_PULL_*`, `OD_DISK_FULL`, or the signal's reason.
   */
  async refetch(
    blob: BlobFacts,
    sources: readonly ModelName[],
    signal: AbortSignal,
  ): Promise<void> {
    const { modelDir, disk } = this.#options
    await new Room(modelDir, disk).needAll(blob.sizeBytes)
    let failure: unknown = new OdError('OD_REGISTRY_ABSENT')
    // how a model was pulled is not written down anywhere: with TLS first, and without where that is allowed
    for (const access of sources.flatMap((name) =>
      [false, true].map((insecure) => ({ name, insecure, isOwnWish: true })),
    )) {
      try {
        return await this.#refetchFrom(access, blob, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!(isOdError(error) && error.code === 'OD_REGISTRY_INSECURE')) failure = error
      }
    }
    throw failure
  }

  async #refetchFrom(access: RegistryAccess, blob: BlobFacts, signal: AbortSignal): Promise<void> {
    const client = this.#connect(access)
    try {
      await client.manifest(signal) // asked once: a registry that is not there is not tried for half a minute
      await this.#transfers.fetch(blob, client, () => undefined, signal)
    } finally {
      void this.#transfers.unused(client).then(() => client.close())
    }
  }

  /** Those that are not here, or not in the size that the manifest says. */
  async #missing(blobs: readonly BlobFacts[]): Promise<readonly BlobFacts[]> {
    const sizes = await Promise.all(
      blobs.map(({ digest }) => this.#options.store.blobBytes(digest)),
    )
    return blobs.filter(({ sizeBytes }, index) => sizes[index] !== sizeBytes)
  }

  async #fetch(
    client: ModelRegistry,
    blob: BlobFacts,
    progress: (line: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options
    let completedBytes = (): number => 0
    let cancel = clock.after(registryLimits.progressMs, tick)
    function tick(): void {
      progress(lineOf(blob, completedBytes()))
      cancel = clock.after(registryLimits.progressMs, tick)
    }
    try {
      const onStart = (count: () => number) => {
        completedBytes = count
      }
      const fetch = () => this.#transfers.fetch(blob, client, onStart, signal)
      await fetch().catch((error: unknown) => {
        if (!isOfSource(error) || !client.passOver()) throw error
        return fetch()
      })
      progress(lineOf(blob, blob.sizeBytes))
    } finally {
      cancel()
    }
  }
}

/** What earlier pulls left of these blobs. */
async function keptBytes(modelDir: string, blobs: readonly BlobFacts[]): Promise<number> {
  const kept = blobs.map(async ({ digest, sizeBytes }) =>
    Math.min(sizeBytes, await allocatedBytes(partialPaths(modelDir, digest).data)),
  )
  return (await Promise.all(kept)).reduce((sum, bytes) => sum + bytes, 0)
}

/** Everything that is wrong with a manifest, or with the way to it, is told in Ollama's words. */
async function readManifest(
  client: ModelRegistry,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; blobs: readonly BlobFacts[] }> {
  try {
    const bytes = await client.manifest(signal)
    const { config, layers } = decodeManifest(bytes)
    return { bytes, blobs: distinct([...layers, config]) }
  } catch (error) {
    if (!isOdError(error) || error.httpStatus === 403) throw error
    throw new OdError('OD_PULL_MANIFEST', { reason: error.message }, { cause: error })
  }
}

/** True for what another source may do better. */
function isOfSource(error: unknown): boolean {
  return isOdError(error) && /^OD_(REGISTRY_|PULL_DIGEST)/.test(error.code)
}

/** Each blob once. Throws `OD_MANIFEST_INVALID` when one has two sizes, or when they are more than can be counted. */
function distinct(blobs: readonly BlobFacts[]): readonly BlobFacts[] {
  const sizes = new Map<Digest, number>()
  for (const { digest, sizeBytes } of blobs) {
    if ((sizes.get(digest) ?? sizeBytes) !== sizeBytes) {
      throw new OdError('OD_MANIFEST_INVALID', { reason: 'a layer has two sizes' })
    }
    sizes.set(digest, sizeBytes)
  }
  const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
  if (!Number.isSafeInteger(total)) {
    throw new OdError('OD_MANIFEST_INVALID', { reason: 'its layers are too large' })
  }
  return [...sizes].map(([digest, sizeBytes]) => ({ digest, sizeBytes }))
}

function lineOf({ digest, sizeBytes }: BlobFacts, completed: number): PullProgress {
  return { status: `pulling ${digest.slice(7, 19)}`, digest, total: sizeBytes, completed }
}
