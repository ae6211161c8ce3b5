/**
 * Changes a model directory. Blobs come first and the manifest last, each by a rename: killed at any step, the directory holds the
 * old model or the new one, and what was left over is cleared at the next opening. Changes run one after the other.
 */
import { basename, dirname, join } from 'node:path'
import { type Digest, parseDigest } from '../core/digest.ts'
import { isOdError, OdError } from '../core/errors/index.ts'
import { displayName, type ModelName } from '../core/model-name.ts'
import type { Clock } from '../sys/clock.ts'
import { factsOf, readBytes, writeWhole } from '../sys/files.ts'
import type { Log } from '../sys/log.ts'
import {
  fileNamesIn,
  isThere,
  isThereNow,
  markChanged,
  moveIntoPlace,
  removeEmptyFolders,
  removeFile,
} from '../sys/store-files.ts'
import { decodeManifest, manifestLimits } from '../wire/manifest.ts'
import { type BlobUpload, receiveBlob, temporaryMark } from './blob.ts'
import { ChangeJournal } from './changes.ts'
import { createModel, type Workshop } from './creation.ts'
import type { ModelDraft } from './draft.ts'
import { Holds } from './holds.ts'
import { allManifestFiles, namedBlobs, storedSpelling } from './manifest-files.ts'
import type { CreateLine, Quantizer } from './quantization/index.ts'
import { asStoreFailure, asUnreadable, type Disk } from './room.ts'
import { asideMark, asidePath, blobPath, manifestFile, partialMark } from './store-layout.ts'

/** What no manifest names is kept so long: an upload whose model is still to be created. Ollama waits as long. */
const orphanAgeMs = 60 * 60_000

/** What was fetched of a blob is kept so long for a pull that goes on, and what was set aside for whoever wants to look at it. */
const partialAgeMs = 24 * 60 * 60_000

/** A model directory, and what is used there. */
interface StoreOptions {
  readonly modelDir: string
  readonly disk: Disk
  readonly quantizer: Quantizer
  readonly clock: Clock
  readonly log: Log
}

/** Opens the store of a model directory: clears what a crash left there. */
export async function openModelStore(options: StoreOptions): Promise<ModelStore> {
  const store = new ModelStore(options)
  await store.tidy(options.clock.wallMs())
  return store
}

/** See the head of this file. Names are those of requests, already parsed. */
export class ModelStore {
  readonly #modelDir: string
  readonly #disk: Disk
  readonly #quantizer: Quantizer
  readonly #log: Log
  readonly #holds = new Holds()
  readonly #clock: Clock
  readonly #changes: ChangeJournal
  #last: Promise<unknown> = Promise.resolve()

  constructor({ modelDir, disk, quantizer, clock, log }: StoreOptions) {
    this.#modelDir = modelDir
    this.#disk = disk
    this.#quantizer = quantizer
    this.#clock = clock
    this.#log = log
    this.#changes = new ChangeJournal(modelDir, log)
  }

  /** Models that changed and that nobody else was told of; see `ChangeJournal`. */
  changes(): ReturnType<ChangeJournal['list']> {
    return this.#inTurn(() => this.#changes.list())
  }

  /** True when the whole blob is there. */
  async hasBlob(digest: Digest): Promise<boolean> {
    return isThere(blobPath(this.#modelDir, digest)).catch(asUnreadable)
  }

  /** Takes a file in. Throws `OD_DIGEST_MISMATCH` or `OD_DISK_FULL`; nothing of it is left then. */
  async receiveBlob(upload: BlobUpload): Promise<void> {
    // in turn: what is old to `collect` must not be replaced by what came just now before it is removed
    const place = (move: () => Promise<void>) => this.#inTurn(move)
    await receiveBlob(this.#modelDir, this.#disk, upload, place)
  }

  /**
   * Makes a model, replacing one of that name. `progress` hears Ollama's lines but the last. Throws the errors of
   * `OD_CREATE_*`, `OD_GGUF_INVALID`, `OD_MODEL_NOT_FOUND`, `OD_DISK_FULL`, `OD_QUANTIZE_FAILED`; when `signal` fires meanwhile, its reason.
   */
  create(
    name: ModelName,
    draft: ModelDraft,
    progress: (line: CreateLine) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const shop: Workshop = {
      modelDir: this.#modelDir,
      disk: this.#disk,
      quantizer: this.#quantizer,
      inTurn: (action) => this.#inTurn(action),
      hold: (digests) => this.#hold(digests),
      release: (digests) => this.#release(digests),
      publish: (bytes) => this.#publish(name, bytes),
    }
    return createModel(shop, draft, { progress, signal })
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
      const layers = await namedBlobs(file)
      await this.#note(name)
      await removeFile(file).catch(asStoreFailure)
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
    return (await isThere(path).catch(asUnreadable)) ? (await factsOf(path)).sizeBytes : undefined
  }

  /** Keeps blobs, those to come too, from being removed until the function is called that this gives. */
  hold(digests: readonly Digest[]): Promise<() => Promise<void>> {
    return this.#inTurn(async () => {
      this.#hold(digests)
      return () => this.#release(digests)
    })
  }

  /**
   * Keeps one file of a model until the function is called that this gives; waits for nothing. Undefined when the file is
   * gone or being removed.
   */
  holdFile(path: string): (() => void) | undefined {
    const digest = parseDigest(basename(path).replace('-', ':'))
    if (digest === undefined) return () => undefined
    if (!isThereNow(path)) return undefined
    if (!this.#holds.tryAdd(digest)) return undefined
    return () => {
      this.#release([digest]).catch((error: unknown) => {
        this.#log.warn({ reason: String(error) }, 'model.blob-kept')
      })
    }
  }

  /**
   * Takes its name from a blob that is not what it says, and keeps it aside for a day. False when the file is not the one any
   * more that was written at `modifiedMs`.
   */
  setAside(digest: Digest, modifiedMs: number): Promise<boolean> {
    return this.#inTurn(async () => {
      const path = blobPath(this.#modelDir, digest)
      const facts = await factsOf(path).catch(() => undefined)
      if (facts?.modifiedMs !== modifiedMs) return false
      await markChanged(path)
      await moveIntoPlace(path, asidePath(this.#modelDir, digest)).catch(asStoreFailure)
      return true
    })
  }

  /** Removes what was set aside of a blob, if anything was. */
  async dropAside(digest: Digest): Promise<void> {
    await removeFile(asidePath(this.#modelDir, digest))
  }

  /** Clears what a crash left: every half-written file, and what `collect` clears. */
  async tidy(wallMs: number): Promise<void> {
    await this.#inTurn(() => this.#clear(wallMs, 0))
  }

  /** Clears blobs that have been nobody's for an hour, and half-written files that nobody has gone on with for as long. */
  async collect(wallMs: number): Promise<void> {
    await this.#inTurn(() => this.#clear(wallMs, orphanAgeMs))
  }

  async #clear(wallMs: number, temporaryAgeMs: number): Promise<void> {
    const folder = join(this.#modelDir, 'blobs')
    const old: Digest[] = []
    for (const name of await fileNamesIn(folder)) {
      const path = join(folder, name)
      const digest = parseDigest(name.replace('-', ':'))
      const { modifiedMs } = await factsOf(path).catch(() => ({ modifiedMs: wallMs })) // gone meanwhile
      const ageMs = wallMs - modifiedMs
      if (name.startsWith(temporaryMark)) {
        if (ageMs >= temporaryAgeMs) await this.#drop(path)
      } else if (name.startsWith(partialMark) || name.startsWith(asideMark)) {
        if (ageMs > partialAgeMs) await this.#drop(path)
      } else if (digest !== undefined && ageMs > orphanAgeMs) old.push(digest)
    }
    await this.#removeUnneeded(old)
  }

  async #fileOf(name: ModelName): Promise<string> {
    return manifestFile(this.#modelDir, await storedSpelling(this.#modelDir, name))
  }

  async #note(name: ModelName): Promise<void> {
    await this.#changes.note(await storedSpelling(this.#modelDir, name), this.#clock.wallMs())
  }

  #hold(digests: readonly Digest[]): void {
    for (const digest of digests) this.#holds.add(digest)
  }

  /** What was not removed because it was held is removed now, unless a manifest names it. */
  async #release(digests: readonly Digest[]): Promise<void> {
    const spared = this.#holds.release(digests)
    if (spared.length > 0) await this.#inTurn(() => this.#removeUnneeded(spared))
  }

  async #publish(name: ModelName, bytes: Uint8Array, removing?: () => void): Promise<void> {
    const file = await this.#fileOf(name)
    const before = (await isThere(file)) ? await namedBlobs(file) : undefined
    await this.#note(name)
    await writeWhole(file, bytes, { temporaryDir: join(this.#modelDir, 'blobs') }).catch(
      asStoreFailure,
    )
    this.#log.info({ model: displayName(name) }, 'model.written')
    await this.#removeUnneeded(before ?? [], removing)
  }

  /** Removes those blobs that no manifest names. None while a manifest or a folder of them is unreadable: it may name them. */
  async #removeUnneeded(blobs: readonly Digest[], removing?: () => void): Promise<void> {
    if (blobs.length === 0) return
    const manifests = await allManifestFiles(this.#modelDir)
    if (manifests === undefined) {
      this.#log.warn({ reason: 'not all manifests can be seen' }, 'model.files-kept')
      return
    }
    const needed = new Set<Digest>()
    for (const file of manifests.keys()) {
      const named = await namedBlobs(file)
      if (named === undefined) return
      for (const digest of named) needed.add(digest)
    }
    const unneeded = [...new Set(blobs)].filter((digest) => !needed.has(digest))
    if (unneeded.length > 0) removing?.()
    for (const digest of unneeded) {
      await this.#holds.unlessHeld(digest, () => this.#drop(blobPath(this.#modelDir, digest)))
    }
  }

  /** Removes what nobody needs. Where that must not be, it stays, and the next look tries again. */
  async #drop(path: string): Promise<void> {
    await removeFile(path)
      .catch(asStoreFailure)
      .catch((error: unknown) => {
        if (!isOdError(error)) throw error
        this.#log.warn({ reason: error.message }, 'model.file-kept')
      })
  }

  /**
   * One change at a time: what a model needs must not be removed while its manifest is being written. What is refused and was not written
   * was read.
   */
  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(action).catch(asUnreadable)
    this.#last = result.catch(() => undefined)
    return result
  }
}
