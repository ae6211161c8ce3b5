/** The manifests of a model directory and the names that they stand for. */
import type { Digest } from '../core/digest.ts'
import { isOdError } from '../core/errors/index.ts'
import { type ModelName, parseModelName } from '../core/model-name.ts'
import { type FoundFile, type FoundFiles, filesBelow, readBytes } from '../sys/files.ts'
import { decodeManifest, type Manifest, manifestLimits } from '../wire/manifest.ts'

/** Models by manifest; a store with more is read, but only so many are seen. */
const manifestsMax = 10_000

/** Manifest files with their names. A file four levels deep is a model, as Ollama sees it. */
export async function manifestFiles(modelDir: string): Promise<Map<string, ModelName>> {
  return namesOf((await manifestsIn(modelDir)).files)
}

/** Likewise; undefined when there may be more than can be seen, so that nobody takes their blobs for nobody's. */
export async function allManifestFiles(
  modelDir: string,
): Promise<Map<string, ModelName> | undefined> {
  const { files, areAll } = await manifestsIn(modelDir)
  return areAll ? namesOf(files) : undefined
}

function manifestsIn(modelDir: string): Promise<FoundFiles> {
  return filesBelow(`${modelDir}/manifests`, { depth: 4, countMax: manifestsMax })
}

function namesOf(files: readonly FoundFile[]): Map<string, ModelName> {
  const names = new Map<string, ModelName>()
  for (const { path, segments } of files) {
    const [host, namespace, model, tag] = segments
    if (segments.some((segment) => segment.startsWith('.'))) continue
    const name = parseModelName(`${host}/${namespace}/${model}:${tag}`)
    if (name !== undefined) names.set(path, name)
  }
  return names
}

/** Throws `OD_MANIFEST_INVALID`, or the system's error when the file cannot be read. */
export async function readManifest(file: string): Promise<Manifest> {
  return decodeManifest(await readBytes(file, manifestLimits.bytesMax))
}

/**
 * The name in the spelling that the store has already: each part that differs from a known one by its case alone takes that
 * one's spelling, so that two spellings never make two models. Source: Ollama server/routes.go, getExistingName.
 */
export function knownSpelling(name: ModelName, known: Iterable<ModelName>): ModelName {
  const spelt = { ...name }
  for (const other of known) {
    for (const part of ['host', 'namespace', 'model', 'tag'] as const) {
      if (other[part].toLowerCase() === name[part].toLowerCase()) spelt[part] = other[part]
    }
  }
  return spelt
}

/** As above, with all that a store has. */
export async function storedSpelling(modelDir: string, name: ModelName): Promise<ModelName> {
  return knownSpelling(name, (await manifestFiles(modelDir)).values())
}

/** The blobs that a manifest names; undefined when it cannot be read or understood. */
export async function namedBlobs(file: string): Promise<Digest[] | undefined> {
  const manifest: Manifest | undefined = await readManifest(file).catch((error: unknown) => {
    const isOfSystem = error instanceof Error && 'syscall' in error // a link that leads nowhere, a lost right
    if (isOdError(error) || error instanceof RangeError || isOfSystem) return undefined
    throw error
  })
  return manifest && [manifest.config, ...manifest.layers].map(({ digest }) => digest)
}
