/** GGUF files as layers of a model. Source: Ollama server/create.go, ggufLayers and convertModelFromFiles. */
import { blobFileName, type Digest, parseDigest } from '../core/digest.ts'
import { OdError } from '../core/errors/index.ts'
import { withFileReader } from '../sys/files.ts'
import { isThere } from '../sys/store-files.ts'
import { type GgufHeader, ggufText, readGgufHeader } from '../wire/gguf/index.ts'
import { type ManifestLayer, mediaTypes } from '../wire/manifest.ts'
import { blobPath } from './store-layout.ts'

/** A file that was read as far as its header. */
export interface GgufLayer {
  readonly layer: ManifestLayer
  readonly header: GgufHeader
}

/** Files by their names, each with the digest that the client gave it. */
export type FileDigests = ReadonlyMap<string, string>

/**
 * The layers of files that were uploaded, in their order. `progress` is told of each. Throws `OD_CREATE_FILE_TYPE` when they are not
 * GGUF by name or content, `OD_CREATE_DIGEST`, `OD_BLOB_ABSENT`, `OD_CREATE_NOT_GGUF`, `OD_GGUF_INVALID`,
 * `OD_CREATE_UNSUPPORTED`.
 */
export async function ggufLayers(
  modelDir: string,
  files: FileDigests,
  progress: (status: string) => void,
): Promise<readonly GgufLayer[]> {
  if ([...files.keys()].some((name) => name.endsWith('.safetensors'))) {
    throw new OdError('OD_CREATE_UNSUPPORTED', { what: 'safetensors' })
  }
  const [first] = files
  if (first === undefined) throw new OdError('OD_CREATE_FILE_TYPE')
  const [name, text] = first
  if (!name.endsWith('.gguf') && !(await isGguf(modelDir, parseDigest(text)))) {
    throw new OdError('OD_CREATE_FILE_TYPE')
  }
  const layers: GgufLayer[] = []
  for (const one of files.values()) {
    progress('parsing GGUF')
    const digest = parseDigest(one)
    if (digest === undefined) throw new OdError('OD_CREATE_DIGEST')
    layers.push(await ggufLayer(modelDir, digest))
  }
  return layers
}

/** The layer of a file in the store. Throws as `ggufLayers`. */
export async function ggufLayer(modelDir: string, digest: Digest): Promise<GgufLayer> {
  const path = blobPath(modelDir, digest)
  const file = blobFileName(digest)
  if (!(await isThere(path))) throw new OdError('OD_BLOB_ABSENT', { file })
  if (!(await isGguf(modelDir, digest))) throw new OdError('OD_CREATE_NOT_GGUF')
  const { header, sizeBytes } = withFileReader(path, (read, size) => ({
    header: readGgufHeader(read, size),
    sizeBytes: size,
  }))
  // Ollama writes the whole path here; the name alone gives the model the same digest on every machine.
  return { layer: { mediaType: mediaTypeOf(header), digest, sizeBytes, from: file }, header }
}

function mediaTypeOf(header: GgufHeader): string {
  const kind = ggufText(header, 'general.type')
  if (kind === 'adapter') return mediaTypes.adapter
  const isProjector = kind === 'projector' || ggufText(header, 'general.architecture') === 'clip'
  return isProjector ? mediaTypes.projector : mediaTypes.model
}

async function isGguf(modelDir: string, digest: Digest | undefined): Promise<boolean> {
  if (digest === undefined || !(await isThere(blobPath(modelDir, digest)))) return false
  const start = withFileReader(blobPath(modelDir, digest), (read) => read(0, 4))
  return new TextDecoder().decode(start) === 'GGUF'
}
