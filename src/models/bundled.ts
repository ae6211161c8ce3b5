/** Brings the model that ships with the program into the model directory, once. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { parseModelName } from '../core/model-name.ts'
import { readBytes, readTextIfThere, writeWhole } from '../sys/files.ts'
import { type GgufHeader, readGgufHeader } from '../wire/gguf/index.ts'
import {
  encodeManifest,
  encodeModelConfig,
  type ManifestLayer,
  mediaTypes,
  orderLayers,
} from '../wire/manifest.ts'
import { type Modelfile, readModelfile } from '../wire/ollama/modelfile.ts'
import { readOptionTexts } from '../wire/ollama/options.ts'
import { storeLayer } from './blob.ts'
import { readManifest } from './manifest-files.ts'
import { manifestFile } from './store-layout.ts'
import { summaryOf } from './weights.ts'

/** The weights that ship are small; a larger file would be a mistake of the packaging. */
const weightsBytesMax = 64 * 1024 * 1024

/** What became of it. `kept`: it was installed before, and is or is not there still, as the user wants. */
export type BundledOutcome = 'installed' | 'kept'

/**
 * Writes blobs, then the manifest, then a mark that it was done: killed at any step, the next start does it again. A user
 * who deletes the model is not given it again until a release ships another one; weights that the model lacks are written anew.
 */
export async function installBundledModel(options: {
  /** Folder with `Modelfile` and the weights that it names. */
  assets: string
  name: string
  modelDir: string
  /** File that remembers what was installed. */
  markFile: string
}): Promise<BundledOutcome> {
  const { assets, modelDir, markFile } = options
  const name = parseModelName(options.name)
  if (name === undefined) throw new TypeError(`not a model name: ${options.name}`)
  const text = (await readTextIfThere(join(assets, 'Modelfile'))) ?? ''
  const modelfile = readModelfile(text)
  const weights = await readBytes(join(assets, modelfile.from[0] ?? ''), weightsBytesMax)
  const mark = createHash('sha256').update(text).update(weights).digest('hex')
  const store = async (mediaType: string, bytes: Uint8Array) =>
    (await storeLayer(modelDir, mediaType, bytes)).layer
  if ((await readTextIfThere(markFile)) === mark) {
    const digest = `sha256:${createHash('sha256').update(weights).digest('hex')}`
    if (await needs(manifestFile(modelDir, name), digest)) await store(mediaTypes.model, weights)
    return 'kept'
  }
  const texts = await textLayers(modelfile, store)
  const layers = orderLayers([await store(mediaTypes.model, weights), ...texts])
  const header = readGgufHeader(
    (offset, length) => weights.subarray(offset, offset + length),
    weights.length,
  )
  const config = await store(mediaTypes.config, configOf(header))
  await writeWhole(manifestFile(modelDir, name), encodeManifest({ config, layers }), {
    temporaryDir: join(modelDir, 'blobs'), // a temporary file among the manifests would be taken for a model
  })
  await writeWhole(markFile, mark)
  return 'installed'
}

/** True for a model of these weights: they may have been set aside since, and no registry has them. */
async function needs(file: string, digest: string): Promise<boolean> {
  const manifest = await readManifest(file).catch(() => undefined)
  return manifest?.layers.some((layer) => layer.digest === digest) === true
}

type Store = (mediaType: string, bytes: Uint8Array) => Promise<ManifestLayer>

async function textLayers(modelfile: Modelfile, store: Store): Promise<ManifestLayer[]> {
  const { template, system } = modelfile
  const options = [...modelfile.parameters].map(([name, texts]) => [
    name,
    readOptionTexts(name, texts),
  ])
  const layers: ManifestLayer[] = []
  if (template !== undefined) layers.push(await store(mediaTypes.template, Buffer.from(template)))
  if (system !== undefined) layers.push(await store(mediaTypes.system, Buffer.from(system)))
  if (options.length > 0) {
    const text = JSON.stringify(Object.fromEntries(options))
    layers.push(await store(mediaTypes.params, Buffer.from(text)))
  }
  return layers
}

function configOf(header: GgufHeader): Uint8Array {
  const { family, parameterSize, quantizationLevel } = summaryOf(header)
  return encodeModelConfig({
    format: 'gguf',
    family,
    families: [family],
    parameterSize,
    quantizationLevel,
    renderer: '',
    parser: '',
    requires: '',
    remoteHost: '',
    remoteModel: '',
  })
}
