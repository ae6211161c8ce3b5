/**
 * Changes a model directory. Blobs come first and the manifest last, each by a rename: killed at any step, the directory holds the
 * old model or the new one, and what was left over is cleared at the next opening. Changes run one after the other.
 */
import { dirname, join } from 'node:path'
import { type Digest, parseDigest } from '../core/digest.ts'
import { isOdError, OdError } from '../core/errors/index.ts'
import { displayName, type ModelName } from '../core/model-name.ts'
import type { Clock } from '../sys/clock.ts'
import { factsOf, readBytes, writeWhole } from '../sys/files.ts'
import type { Log } from '../sys/log.ts'
import { fileNamesIn, isThere, removeEmptyFolders, removeFile } from '../sys/store-files.ts'
import { decodeManifest, encodeManifest, type Manifest, manifestLimits } from '../wire/manifest.ts'
import { type BlobUpload, receiveBlob, temporaryMark } from './blob.ts'
import { draftModel, type ModelDraft } from './draft.ts'
import { knownSpelling, manifestFiles, readManifest } from './manifest-files.ts'
import { asStoreFailure, type Disk } from './room.ts'
import { blobPath, manifestFile, partialMark } from './store-layout.ts'

/** What no manifest names is kept so long: an upload whose model is still to be created. Ollama waits as long. */
const orphanAgeMs = 60 * 60_000

/** What was fetched of a blob is kept so long for a pull that goes on. */
const partialAgeMs = 24 * 60 * 60_000

/** Opens the store of a model directory: clears what a crash left there. */
export async function openModelStore(options: {
  modelDir: string
  disk: Disk
  clock: Clock
  log: Log
}): Promise<ModelStore> {
  const store = new ModelStore(options)
  await store.tidy(options.clock.wallMs())
  return store
}

/** See the head of this file. Names are those of requests, already parsed. */
export class ModelStore {
  readonly #modelDir: string
  readonly #disk: Disk
  readonly #log: Log
  /** How many transfers need a blob. */
  readonly #held = new Map<Digest, number>()
  /** Blobs that nobody needed while they were held. */
  readonly #spared = new Set<Digest>()
  #last: Promise<unknown> = Promise.resolve()

  constructor({ modelDir, disk, log }: { modelDir: string; disk: Disk; log: Log }) {
    this.#modelDir = modelDir
    this.#disk = disk
    this.#log = log
  }

  /** True when the whole blob is there. */
  async hasBlob(digest: Digest): Promise<boolean> {
    return isThere(blobPath(this.#modelDir, digest))
  }

  /** Takes a file in. Throws `OD_DIGEST_MISMATCH` or `OD_DISK_FULL`; nothing of it is left then. */
  async receiveBlob(upload: BlobUpload): Promise<void> {
    await receiveBlob(this.#modelDir, this.#disk, upload)
  }

  /**
   * Makes a model, replacing one of that name. `progress` hears Ollama's status lines but the last. Throws the errors of
   * `OD_CREATE_*`, `OD_GGUF_INVALID`, `OD_MODEL_NOT_FOUND`, `OD_DISK_FULL`.
   */
  create(name: ModelName, draft: ModelDraft, progress: (status: string) => void): Promise<void> {
    return this.#inTurn(async () => {
      const manifest = await draftModel(this.#modelDir, draft, progress)
      progress('writing manifest')
      await this.#publish(name, encodeManifest(manifest))
    })
  }

  /** Gives a model a second name. False when there is no model of the first one; a copy onto itself is not looked at. */
  copy(source: ModelName, destination: ModelName): Promise<boolean> {
    return this.#inTurn(async () => {
      const file = await this.#fileOf(source)
      if (file === (await this.#fileOf(destination))) return true
      if (!(await isThere(file))) return false
      await this.#publish(destination, await readBytes(file, manifestLimits.bytesMax))
      return true
    })
  }

  /** Removes a model and what no other one needs of it. False when there is none of that name. */
  remove(name: ModelName): Promise<boolean> {
    return this.#inTurn(async () => {
      const file = await this.#fileOf(name)
      if (!(await isThere(file))) return false
      const layers = await blobsOf(file)
      await removeFile(file)
      await removeEmptyFolders(dirname(file), join(this.#modelDir, 'manifests'))
      await this.#removeUnneeded(layers ?? [])
      return true
    })
  }

  /**
   * Makes a model of a manifest whose blobs are there, and keeps the manifest byte for byte. `removing` is called before blobs
   * are removed that only the old model of that name needed. Throws `OD_MODEL_INCOMPLETE`, `OD_DISK_FULL`.
   */
  publish(name: ModelName, bytes: Uint8Array, removing: () => void): Promise<void> {
    return this.#inTurn(async () => {
      const { config, layers } = decodeManifest(bytes)
      for (const { digest, sizeBytes } of [config, ...layers]) {
        if ((await this.blobBytes(digest)) !== sizeBytes) {
          throw new OdError('OD_MODEL_INCOMPLETE', { part: digest })
        }
      }
      await this.#publish(name, bytes, removing)
    })
  }

  /** Size of a blob that is there whole; undefined when it is not. */
  async blobBytes(digest: Digest): Promise<number | undefined> {
    const path = blobPath(this.#modelDir, digest)
    return (await isThere(path)) ? (await factsOf(path)).sizeBytes : undefined
  }

  /** Keeps blobs, those to come too, from being removed until the function is called that this gives. */
  hold(digests: readonly Digest[]): Promise<() => Promise<void>> {
    return this.#inTurn(async () => {
      for (const digest of digests) this.#held.set(digest, (this.#held.get(digest) ?? 0) + 1)
      return () => this.#inTurn(() => this.#release(digests))
    })
  }

  /** Clears half-written files, and blobs that have been nobody's for an hour. */
  tidy(wallMs: number): Promise<void> {
    return this.#inTurn(async () => {
      const folder = join(this.#modelDir, 'blobs')
      const old: Digest[] = []
      for (const name of await fileNamesIn(folder)) {
        const digest = parseDigest(name.replace('-', ':'))
        if (name.startsWith(temporaryMark)) await removeFile(join(folder, name))
        else if (name.startsWith(partialMark)) await this.#removeOldPartial(name, wallMs)
        else if (digest !== undefined) {
          const { modifiedMs } = await factsOf(join(folder, name))
          if (wallMs - modifiedMs > orphanAgeMs) old.push(digest)
        }
      }
      await this.#removeUnneeded(old)
    })
  }

  async #fileOf(name: ModelName): Promise<string> {
    const known = await manifestFiles(this.#modelDir)
    return manifestFile(this.#modelDir, knownSpelling(name, known.values()))
  }

  async #removeOldPartial(fileName: string, wallMs: number): Promise<void> {
    const path = join(this.#modelDir, 'blobs', fileName)
    const { modifiedMs } = await factsOf(path)
    if (wallMs - modifiedMs > partialAgeMs) await removeFile(path)
  }

  /** What was not removed because it was held is removed now, unless a manifest names it. */
  async #release(digests: readonly Digest[]): Promise<void> {
    const wasSpared: Digest[] = []
    for (const digest of digests) {
      const left = (this.#held.get(digest) ?? 0) - 1
      if (left > 0) this.#held.set(digest, left)
      else {
        this.#held.delete(digest)
        if (this.#spared.delete(digest)) wasSpared.push(digest)
      }
    }
    await this.#removeUnneeded(wasSpared)
  }

  async #publish(name: ModelName, bytes: Uint8Array, removing?: () => void): Promise<void> {
    const file = await this.#fileOf(name)
    const before = (await isThere(file)) ? await blobsOf(file) : undefined
    await writeWhole(file, bytes, { temporaryDir: join(this.#modelDir, 'blobs') }).catch(
      asStoreFailure,
    )
    this.#log.info({ model: displayName(name) }, 'model.written')
    await this.#removeUnneeded(before ?? [], removing)
  }

  /** Removes those blobs that no manifest names. None while a manifest is unreadable: it may name them. */
  async #removeUnneeded(blobs: readonly Digest[], removing?: () => void): Promise<void> {
    if (blobs.length === 0) return
    const needed = new Set<Digest>()
    for (const file of (await manifestFiles(this.#modelDir)).keys()) {
      const named = await blobsOf(file)
      if (named === undefined) return
      for (const digest of named) needed.add(digest)
    }
    const unneeded = [...new Set(blobs)].filter((digest) => !needed.has(digest))
    if (unneeded.length > 0) removing?.()
    for (const digest of unneeded) {
      if (this.#held.has(digest)) this.#spared.add(digest)
      else await removeFile(blobPath(this.#modelDir, digest))
    }
  }

  /** One change at a time: what a model needs must not be removed while its manifest is being written. */
  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(action)
    this.#last = result.catch(() => undefined)
    return result
  }
}

/** The blobs that a manifest names; undefined when it cannot be read or understood. */
async function blobsOf(file: string): Promise<Digest[] | undefined> {
  const manifest: Manifest | undefined = await readManifest(file).catch((error: unknown) => {
    const isOfSystem = error instanceof Error && 'syscall' in error // a link that leads nowhere, a lost right
    if (isOdError(error) || error instanceof RangeError || isOfSystem) return undefined
    throw error
  })
  return manifest && [manifest.config, ...manifest.layers].map(({ digest }) => digest)
}
