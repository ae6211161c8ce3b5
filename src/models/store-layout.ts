/** Where things lie in a model directory. The layout is Ollama's own, so that an Ollama can share the directory. */
import { join } from 'node:path'
import { blobFileName, type Digest } from '../core/digest.ts'
import { type ModelName, manifestPath } from '../core/model-name.ts'

/** The file of a blob. A `Digest` is 64 hex digits, so no name can lead out of the directory. */
export function blobPath(modelDir: string, digest: Digest): string {
  return join(modelDir, 'blobs', blobFileName(digest))
}

/** The manifest of a model name; the name's parts are checked, so they cannot lead out of the directory. */
export function manifestFile(modelDir: string, name: ModelName): string {
  return join(modelDir, 'manifests', ...manifestPath(name))
}

/** How names of blobs begin that are not whole yet; Ollama takes them for nothing and removes them after an hour. */
export const partialMark = '.part-'

/** How names of blobs begin that turned out not to be what they say. */
export const asideMark = '.damaged-'

/** Where a blob goes that is set aside. */
export function asidePath(modelDir: string, digest: Digest): string {
  return join(modelDir, 'blobs', `${asideMark}${blobFileName(digest)}`)
}

/** The files of a blob that is being fetched. */
export function partialPaths(modelDir: string, digest: Digest): { data: string; journal: string } {
  const data = join(modelDir, 'blobs', `${partialMark}${blobFileName(digest)}`)
  return { data, journal: `${data}.journal` }
}
