/**
 * Takes models in from an archive: blobs as they come, each under its name only when its hash is right, and the manifests when all is
 * read. Nothing of an archive is ever a path: names are understood, or refused.
 */
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import type { Digest } from '../../core/digest.ts'
import { isOdError, OdError } from '../../core/errors/index.ts'
import { displayName, type ModelName } from '../../core/model-name.ts'
import { manifestLimits } from '../../wire/manifest.ts'
import type { BlobUpload } from '../blob.ts'
import { placeOf } from './entry-name.ts'

/** Each bound with its reason. */
const limits = {
  /** Far more than a machine has; each takes a kilobyte here while the archive is read. */
  entriesMax: 20_000,
  /** Manifests are held until all blobs are there. */
  manifestBytesMax: 32 * 1024 * 1024,
} as const

/** What of the store this needs. */
export interface ReceivingStore {
  blobBytes(digest: Digest): Promise<number | undefined>
  receiveBlob(upload: BlobUpload): Promise<void>
  hold(digests: readonly Digest[]): Promise<() => Promise<void>>
  publish(name: ModelName, manifest: Uint8Array, removing: () => void): Promise<void>
}

/**
 * Reads a tar and gives the names of its models, which are there from then on. `rename`: what the one model in it is to be called. Throws
 * `OD_ARCHIVE_INVALID`, `OD_ARCHIVE_ENTRY`, `OD_ARCHIVE_NAME`, `OD_DIGEST_MISMATCH`, `OD_MODEL_INCOMPLETE`,
 * `OD_MANIFEST_INVALID`, `OD_DISK_FULL`; what came until then stays for an hour.
 */
export async function unpackModels(
  store: ReceivingStore,
  chunks: AsyncIterable<Uint8Array>,
  rename: ModelName | undefined,
): Promise<readonly string[]> {
  const unpacking = new Unpacking(store)
  try {
    await eachEntry(chunks, (entry) => unpacking.take(entry))
    return await unpacking.publish(rename)
  } finally {
    await unpacking.release()
  }
}

class Unpacking {
  readonly #store: ReceivingStore
  readonly #manifests = new Map<string, { readonly name: ModelName; readonly bytes: Uint8Array }>()
  readonly #releases: (() => Promise<void>)[] = []
  #entries = 0
  #manifestBytes = 0

  constructor(store: ReceivingStore) {
    this.#store = store
  }

  async take({ header, body }: ParsedTarEntry): Promise<void> {
    const { name, size, type = 'file' } = header
    const refuse = (reason: string) =>
      new OdError('OD_ARCHIVE_ENTRY', { name: JSON.stringify(name.slice(0, 200)), reason })
    if (++this.#entries > limits.entriesMax) throw refuse('there are too many')
    if (type !== 'file' && type !== 'directory') throw refuse(`it is a ${type}`)
    const place = placeOf(name, type === 'directory')
    if (place === undefined) throw refuse('it has no place in a store')
    if (place.type === 'folder' || place.type === 'unfinished') return body.cancel()
    if (place.type === 'blob') return this.#takeBlob(place.digest, { sizeBytes: size, body })
    this.#manifestBytes += size
    if (size > manifestLimits.bytesMax || this.#manifestBytes > limits.manifestBytesMax) {
      throw refuse('it is too large')
    }
    const pieces: Uint8Array[] = []
    for await (const piece of bytesOf(body)) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    this.#manifests.set(displayName(place.name), { name: place.name, bytes })
  }

  async publish(rename: ModelName | undefined): Promise<readonly string[]> {
    const found = [...this.#manifests.values()]
    if (found.length === 0) throw new OdError('OD_ARCHIVE_INVALID', { reason: 'no model is in it' })
    if (rename !== undefined && found.length > 1) {
      throw new OdError('OD_ARCHIVE_NAME', { count: found.length })
    }
    const named = found.map(({ name, bytes }) => ({ name: rename ?? name, bytes }))
    for (const { name, bytes } of named) await this.#store.publish(name, bytes, () => undefined)
    return named.map(({ name }) => displayName(name))
  }

  async release(): Promise<void> {
    for (const release of this.#releases) await release()
  }

  async #takeBlob(
    digest: Digest,
    { sizeBytes, body }: { sizeBytes: number; body: ParsedTarEntry['body'] },
  ): Promise<void> {
    this.#releases.push(await this.#store.hold([digest]))
    if ((await this.#store.blobBytes(digest)) === sizeBytes) return body.cancel()
    await this.#store.receiveBlob({ expected: digest, chunks: bytesOf(body), sizeBytes })
  }
}

/** Hands the entries out one by one, and reads no further than they are taken. */
async function eachEntry(
  chunks: AsyncIterable<Uint8Array>,
  take: (entry: ParsedTarEntry) => Promise<void>,
): Promise<void> {
  const decoder = createTarDecoder({ strict: true })
  const entries = decoder.readable.getReader()
  const fed = feed(chunks, decoder.writable)
  fed.catch(() => undefined) // thrown below, unless an entry was refused before
  try {
    for (;;) {
      const { done, value } = await entries.read().catch(asInvalid)
      if (done) break
      await take(value)
    }
    await fed.catch(asInvalid)
  } catch (error) {
    await entries.cancel(error).catch(() => undefined)
    throw error
  }
}

async function feed(
  chunks: AsyncIterable<Uint8Array>,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  const writer = writable.getWriter()
  try {
    for await (const chunk of chunks) await writer.write(chunk)
    await writer.close()
  } catch (error) {
    await writer.abort(error).catch(() => undefined)
    throw error
  }
}

async function* bytesOf(body: ParsedTarEntry['body']): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch(asInvalid)
    if (done) return
    yield value
  }
}

/** Failures of the connection keep their own names. */
function asInvalid(error: unknown): never {
  if (isOdError(error) || (error as NodeJS.ErrnoException).code !== undefined) throw error
  throw new OdError('OD_ARCHIVE_INVALID', { reason: (error as Error).message }, { cause: error })
}
