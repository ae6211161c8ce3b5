/** What a model directory can hand out to whoever pulls from it: manifests byte for byte, and blobs. */
import { createHash } from 'node:crypto'
import { type Digest, parseDigest } from '../core/digest.ts'
import { canonicalName, type ModelName } from '../core/model-name.ts'
import { isErrno, readBytes } from '../sys/files.ts'
import { openReadable, type ReadableFile } from '../sys/readable-file.ts'
import { manifestLimits } from '../wire/manifest.ts'
import { manifestFiles } from './manifest-files.ts'
import { asUnreadable } from './room.ts'
import { blobPath } from './store-layout.ts'

/** A manifest as it lies in the store. */
export interface PublishedManifest {
  readonly bytes: Uint8Array
  readonly digest: Digest
  /** In the spelling of the store. */
  readonly name: ModelName
}

/** Reads only; a model that is removed meanwhile is not there any more, and a blob that is open stays whole. */
export class PublishedModels {
  readonly #modelDir: string

  constructor(modelDir: string) {
    this.#modelDir = modelDir
  }

  /** The names of all models. */
  async names(): Promise<readonly ModelName[]> {
    return [...(await manifestFiles(this.#modelDir)).values()]
  }

  /** The manifest of a name in any spelling of its case, or undefined. Throws `OD_STORE_UNREADABLE`. */
  async manifest(name: ModelName): Promise<PublishedManifest | undefined> {
    const wanted = canonicalName(name)
    for (const [file, candidate] of await manifestFiles(this.#modelDir)) {
      if (canonicalName(candidate) === wanted) return manifestIn(file, candidate)
    }
    return undefined
  }

  /** A blob, open for reading; undefined when it is not there. The caller closes it. Throws `OD_STORE_UNREADABLE`. */
  async openBlob(digest: Digest): Promise<ReadableFile | undefined> {
    return openReadable(blobPath(this.#modelDir, digest)).catch(asAbsent)
  }
}

async function manifestIn(file: string, name: ModelName): Promise<PublishedManifest | undefined> {
  const bytes = await readBytes(file, manifestLimits.bytesMax).catch(asAbsent)
  const digest = bytes && parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
  return bytes && digest && { bytes, digest, name }
}

async function asAbsent(error: unknown): Promise<undefined> {
  if (isErrno(error, 'ENOENT')) return undefined
  return await asUnreadable(error)
}
