/** Brings a model to its registry: what it names first, the manifest last. Source: Ollama server/images.go, PushModel. */
import type { Digest } from '../../core/digest.ts'
import { isOdError, OdError } from '../../core/errors/index.ts'
import { displayName, type ModelName, parseModelName } from '../../core/model-name.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { Random } from '../../sys/random.ts'
import type { ReadableFile } from '../../sys/readable-file.ts'
import { decodeManifest, type ManifestLayer } from '../../wire/manifest.ts'
import {
  type RegistryAccess,
  type RegistryOptions,
  RegistryPushClient,
  registryLimits,
} from '../registry/index.ts'
import { type Run, SharedRuns } from '../shared-runs.ts'
import { untilDone } from '../tries.ts'
import { BlobUpload } from './blob-upload.ts'

/** Sessions of uploads that were broken off: so many are remembered for the next push. */
const leftSessionsMax = 64

/** One line of progress, as Ollama shows it. */
interface PushProgress {
  readonly status: string
  readonly digest?: Digest
  /** Bytes of the blob. */
  readonly total?: number
  /** Bytes of it that are there. */
  readonly completed?: number
}

/** What a push reads. */
interface Library {
  /** The manifest of a name in any spelling of its case, and its spelling here. */
  manifest(
    name: ModelName,
  ): Promise<{ readonly bytes: Uint8Array; readonly name: ModelName } | undefined>
  openBlob(digest: Digest): Promise<ReadableFile | undefined>
}

interface Store {
  hold(digests: readonly Digest[]): Promise<() => Promise<void>>
}

export interface PusherOptions {
  readonly library: Library
  readonly store: Store
  readonly registry: RegistryOptions
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Pushes models of one store. */
export class Pusher {
  readonly #options: PusherOptions
  readonly #uploads = new SharedRuns<string, RegistryPushClient>()
  readonly #leftSessions = new Map<string, URL>()

  constructor(options: PusherOptions) {
    this.#options = options
  }

  /**
   * Pushes a model. `progress` hears Ollama's lines but the last. Throws `OD_PUSH` with what the registry said, `OD_MODEL_NOT_FOUND`,
   * `OD_MODEL_INCOMPLETE`, and where the registry may not be reached the errors of 403; when `signal` fires, its reason.
   */
  async push(
    access: RegistryAccess,
    progress: (line: PushProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { library, registry, log } = this.#options
    const found = await library.manifest(access.name)
    if (found === undefined) {
      throw new OdError('OD_MODEL_NOT_FOUND', { model: displayName(access.name) })
    }
    const own = { ...access, name: found.name }
    const client = new RegistryPushClient(own, registry)
    try {
      progress({ status: 'retrieving manifest' })
      await this.#pushAll(own, found.bytes, client, progress, signal)
      log.info({ model: displayName(found.name) }, 'model.pushed')
    } catch (error) {
      const isRegistrys = isOdError(error) && error.code.startsWith('OD_REGISTRY_')
      if (!isRegistrys || error.httpStatus === 403) throw error
      throw new OdError('OD_PUSH', { reason: error.message }, { cause: error })
    } finally {
      void this.#uploads.unused(client).then(() => client.close())
    }
  }

  async #pushAll(
    access: RegistryAccess,
    manifest: Uint8Array,
    client: RegistryPushClient,
    progress: (line: PushProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { config, layers } = decodeManifest(manifest)
    const blobs = [...layers, config]
    const release = await this.#options.store.hold(blobs.map(({ digest }) => digest))
    try {
      for (const blob of blobs) await this.#pushBlob(access, blob, client, progress, signal)
      progress({ status: 'pushing manifest' })
      const work = {
        request: async (each: AbortSignal) => {
          await client.putManifest(manifest, each)
          return true
        },
        gainedBytes: () => 0,
        isAnswerAwaited: () => true,
      }
      await untilDone(work, this.#options, signal)
    } finally {
      await release()
    }
  }

  async #pushBlob(
    access: RegistryAccess,
    blob: ManifestLayer,
    client: RegistryPushClient,
    progress: (line: PushProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const show = (completed: number) => progress(lineOf(blob, completed))
    if (await client.hasBlob(blob.digest, signal)) return show(blob.sizeBytes)
    const { clock } = this.#options
    let completedBytes = (): number => 0
    let cancel = clock.after(registryLimits.progressMs, tick)
    function tick(): void {
      show(completedBytes())
      cancel = clock.after(registryLimits.progressMs, tick)
    }
    const { host, namespace, model } = access.name
    const key = `${host}/${namespace}/${model} ${blob.digest}`
    try {
      await this.#uploads.join(
        key,
        client,
        (stop) => this.#start(key, access, blob, client, stop),
        (count) => {
          completedBytes = count
        },
        signal,
      )
      show(blob.sizeBytes)
    } finally {
      cancel()
    }
  }

  #start(
    key: string,
    { name }: RegistryAccess,
    { digest, sizeBytes, from }: ManifestLayer,
    target: RegistryPushClient,
    signal: AbortSignal,
  ): Run {
    const { clock, random, library } = this.#options
    const mountFrom = repositoryOf(from, name)
    const open = () => library.openBlob(digest)
    const upload = new BlobUpload({ digest, sizeBytes, mountFrom, target, open, clock, random })
    const left = this.#leftSessions.get(key)
    this.#leftSessions.delete(key)
    const done = upload.run(left, signal).finally(() => this.#remember(key, upload.session))
    return { done, completedBytes: () => upload.completedBytes }
  }

  /** For the next push, which goes on there if the registry still knows the session. */
  #remember(key: string, session: URL | undefined): void {
    if (session === undefined) return
    const [oldest] = this.#leftSessions.keys()
    if (this.#leftSessions.size >= leftSessionsMax && oldest !== undefined) {
      this.#leftSessions.delete(oldest)
    }
    this.#leftSessions.set(key, session)
  }
}

/** Where a layer was taken from, if the same registry may have it: no registry is told of models of another one. */
function repositoryOf(from: string | undefined, { host }: ModelName): string | undefined {
  const isModel = from !== undefined && !from.startsWith('sha256-') // weights that came as a file
  const source = isModel ? parseModelName(from) : undefined
  if (source?.host.toLowerCase() !== host.toLowerCase()) return undefined
  return `${source.namespace}/${source.model}`
}

function lineOf({ digest, sizeBytes }: ManifestLayer, completed: number): PushProgress {
  return { status: `pushing ${digest.slice(7, 19)}`, digest, total: sizeBytes, completed }
}
