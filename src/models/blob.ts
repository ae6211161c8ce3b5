/** Blobs: files of the store that are named by their hash. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type Digest, parseDigest } from '../core/digest.ts'
import { OdError } from '../core/errors/index.ts'
import { writeWhole } from '../sys/files.ts'
import { isThere, moveIntoPlace, removeFile, writeStream } from '../sys/store-files.ts'
import { goQuote } from '../wire/go-json/index.ts'
import type { ManifestLayer } from '../wire/manifest.ts'
import { asStoreFailure, type Disk, Room } from './room.ts'
import { blobPath } from './store-layout.ts'

/** How names of half-written files begin, ours and those of `writeWhole`; they never stand for a blob. */
export const temporaryMark = '.tmp-'

/** A file that comes in. */
export interface BlobUpload {
  /** As the client spelt it; only `sha256:` and 64 lower-case digits can ever match. */
  readonly expected: string
  readonly chunks: AsyncIterable<Uint8Array>
  /** Undefined when the sender does not say. */
  readonly sizeBytes: number | undefined
}

/**
 * Streams a file into the store under a temporary name and renames it when its hash is right, at the moment that `place` chooses. Throws `OD_DIGEST_MISMATCH`,
 * `OD_DISK_FULL`, or what the source threw; nothing is left then.
 */
export async function receiveBlob(
  modelDir: string,
  disk: Disk,
  { expected, chunks, sizeBytes }: BlobUpload,
  place: (move: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { temporary, actual } = await writeTemporary(modelDir, disk, { chunks, sizeBytes })
  if (actual !== expected) {
    await removeFile(temporary)
    throw new OdError('OD_DIGEST_MISMATCH', {
      expected: goQuote(expected),
      actual: goQuote(actual),
    })
  }
  await place(() => moveIntoPlace(temporary, blobPath(modelDir, actual)).catch(asStoreFailure))
}

/** When a finished file may get its name. */
export type Place = (move: () => Promise<void>, digest: Digest) => Promise<void>

/**
 * Streams what is made here into the store, under its name at the moment that `place` chooses, and tells whether the blob was not there before. Throws
 * `OD_DISK_FULL`, `OD_MODEL_QUOTA`, or what the source threw; nothing is left then.
 */
export async function storeStream(
  modelDir: string,
  disk: Disk,
  made: Omit<BlobUpload, 'expected'>,
  place: Place = (move) => move(),
): Promise<{ readonly digest: Digest; readonly isNew: boolean }> {
  const { temporary, actual } = await writeTemporary(modelDir, disk, made)
  let isNew = true
  await place(async () => {
    isNew = !(await isThere(blobPath(modelDir, actual)))
    await moveIntoPlace(temporary, blobPath(modelDir, actual)).catch(asStoreFailure)
  }, actual)
  return { digest: actual, isNew }
}

async function writeTemporary(
  modelDir: string,
  disk: Disk,
  { chunks, sizeBytes }: Omit<BlobUpload, 'expected'>,
): Promise<{ temporary: string; actual: Digest }> {
  const room = new Room(modelDir, disk)
  await room.needAll(sizeBytes ?? 0)
  const temporary = join(modelDir, 'blobs', `${temporaryMark}${disk.uniqueText()}`)
  const hash = createHash('sha256')
  await writeStream(temporary, chunks, async (chunk) => {
    hash.update(chunk)
    await room.need(chunk.length)
  }).catch(asStoreFailure)
  return { temporary, actual: asDigest(hash.digest('hex')) }
}

/** A layer, and whether its blob was not there before. */
export interface StoredLayer {
  readonly layer: ManifestLayer
  readonly isNew: boolean
}

/** Writes bytes as a blob, unless it is there. */
export async function storeLayer(
  modelDir: string,
  mediaType: string,
  bytes: Uint8Array,
): Promise<StoredLayer> {
  const digest = asDigest(createHash('sha256').update(bytes).digest('hex'))
  const path = blobPath(modelDir, digest)
  const isNew = !(await isThere(path))
  if (isNew) await writeWhole(path, bytes).catch(asStoreFailure)
  return { layer: { mediaType, digest, sizeBytes: bytes.length }, isNew }
}

function asDigest(hex: string): Digest {
  const digest = parseDigest(`sha256:${hex}`)
  if (digest === undefined) throw new TypeError('a hash is always a digest')
  return digest
}
