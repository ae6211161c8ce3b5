/** Blobs: files of the store that are named by their hash. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type Digest, parseDigest } from '../core/digest.ts'
import { OdError } from '../core/errors/index.ts'
import { isErrno, writeWhole } from '../sys/files.ts'
import { isThere, moveIntoPlace, removeFile, writeStream } from '../sys/store-files.ts'
import { goQuote } from '../wire/go-json/index.ts'
import type { ManifestLayer } from '../wire/manifest.ts'
import { blobPath } from './store-layout.ts'

/** How names of half-written files begin, ours and those of `writeWhole`; they never stand for a blob. */
export const temporaryMark = '.tmp-'

/** Disk that uploads leave free: for logs, for the state of this node, for what other programs write meanwhile. */
const diskReserveBytes = 512 * 1024 * 1024

/** How often a running upload looks at the disk again: others write too. */
const diskCheckEveryBytes = 64 * 1024 * 1024

/** The disk of a store, and names for files on it. */
export interface Disk {
  /** Bytes that may still be written below a folder. */
  freeBytes(folder: string): Promise<number>
  /** Text that no other file's name has. */
  uniqueText(): string
}

/** A file that comes in. */
export interface BlobUpload {
  /** As the client spelt it; only `sha256:` and 64 lower-case digits can ever match. */
  readonly expected: string
  readonly chunks: AsyncIterable<Uint8Array>
  /** Undefined when the sender does not say. */
  readonly sizeBytes: number | undefined
}

/**
 * Streams a file into the store under a temporary name and renames it when its hash is right. Throws `OD_DIGEST_MISMATCH`,
 * `OD_DISK_FULL`, or what the source threw; nothing is left then.
 */
export async function receiveBlob(
  modelDir: string,
  disk: Disk,
  { expected, chunks, sizeBytes }: BlobUpload,
): Promise<void> {
  const folder = join(modelDir, 'blobs')
  const roomBytes = async () => (await disk.freeBytes(folder)) - diskReserveBytes
  if ((sizeBytes ?? 0) > (await roomBytes())) throw new OdError('OD_DISK_FULL')
  const temporary = join(folder, `${temporaryMark}${disk.uniqueText()}`)
  const hash = createHash('sha256')
  let uncheckedBytes = diskCheckEveryBytes
  await writeStream(temporary, chunks, async (chunk) => {
    hash.update(chunk)
    uncheckedBytes += chunk.length
    if (uncheckedBytes < diskCheckEveryBytes) return
    uncheckedBytes = 0
    if ((await roomBytes()) < chunk.length) throw new OdError('OD_DISK_FULL')
  }).catch(asDiskFull)
  const actual = asDigest(hash.digest('hex'))
  if (actual !== expected) {
    await removeFile(temporary)
    throw new OdError('OD_DIGEST_MISMATCH', {
      expected: goQuote(expected),
      actual: goQuote(actual),
    })
  }
  await moveIntoPlace(temporary, blobPath(modelDir, actual))
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
  if (isNew) await writeWhole(path, bytes).catch(asDiskFull)
  return { layer: { mediaType, digest, sizeBytes: bytes.length }, isNew }
}

/** A full disk has an error of its own; everything else is thrown on. */
export function asDiskFull(error: unknown): never {
  const isFull = isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT')
  throw isFull ? new OdError('OD_DISK_FULL', {}, { cause: error }) : error
}

function asDigest(hex: string): Digest {
  const digest = parseDigest(`sha256:${hex}`)
  if (digest === undefined) throw new TypeError('a hash is always a digest')
  return digest
}
