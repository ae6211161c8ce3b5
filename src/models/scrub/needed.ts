/** The blobs that models need, and where each can be had again. */
import type { Digest } from '../../core/digest.ts'
import { OdError } from '../../core/errors/index.ts'
import {
  canonicalName,
  displayName,
  type ModelName,
  parseModelName,
} from '../../core/model-name.ts'
import type { Manifest } from '../../wire/manifest.ts'
import { manifestFiles, readManifest } from '../manifest-files.ts'

export interface NeededBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  /** Models that name it. */
  readonly models: readonly string[]
  /** Those, and the models that they were made from: whose registries may have it. */
  readonly sources: readonly ModelName[]
}

/**
 * What the models of a directory need, or one of them alone. Manifests that cannot be understood name nothing. Throws
 * `OD_MODEL_NOT_FOUND`.
 */
export async function neededBlobs(
  modelDir: string,
  model: ModelName | undefined,
): Promise<readonly NeededBlob[]> {
  const found = new Map<Digest, Found>()
  let isKnown = false
  for (const [file, name] of await manifestFiles(modelDir)) {
    if (model !== undefined && canonicalName(name) !== canonicalName(model)) continue
    isKnown = true
    const manifest = await readManifest(file).catch(() => undefined)
    if (manifest !== undefined) takeIn(found, name, manifest)
  }
  if (model !== undefined && !isKnown) {
    throw new OdError('OD_MODEL_NOT_FOUND', { model: displayName(model) })
  }
  return [...found].map(([digest, { sizeBytes, models, sources }]) => ({
    digest,
    sizeBytes,
    models: [...models],
    sources: [...sources.values()],
  }))
}

interface Found {
  readonly sizeBytes: number
  readonly models: Set<string>
  readonly sources: Map<string, ModelName>
}

function takeIn(found: Map<Digest, Found>, name: ModelName, { config, layers }: Manifest): void {
  for (const { digest, sizeBytes, from } of [config, ...layers]) {
    const one = found.get(digest) ?? { sizeBytes, models: new Set(), sources: new Map() }
    found.set(digest, one)
    one.models.add(displayName(name))
    const origin = from === undefined ? undefined : parseModelName(from)
    for (const source of [name, origin]) {
      if (source !== undefined) one.sources.set(canonicalName(source), source)
    }
  }
}
