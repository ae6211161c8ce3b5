/** A model that is being made: its layers, from a file or from another model. Source: Ollama server/create.go, createModel. */
import type { Digest } from '../core/digest.ts'
import { OdError } from '../core/errors/index.ts'
import { displayName, type ModelName } from '../core/model-name.ts'
import { readBytes } from '../sys/files.ts'
import { isGgufPart } from '../wire/gguf/index.ts'
import { encodeGoJson } from '../wire/go-json/index.ts'
import {
  decodeModelConfig,
  encodeModelConfig,
  type Manifest,
  type ManifestLayer,
  type ModelConfig,
  manifestLimits,
  mediaTypes,
} from '../wire/manifest.ts'
import { type StoredLayer, storeLayer } from './blob.ts'
import { joinParts } from './gguf-join.ts'
import { type FileDigests, type GgufLayer, ggufLayer, ggufLayers } from './gguf-layer.ts'
import { knownSpelling, manifestFiles, readManifest } from './manifest-files.ts'
import type { Disk } from './room.ts'
import { blobPath, manifestFile } from './store-layout.ts'
import { summaryOf } from './weights.ts'

/** A model of another server, by its name there and that server's URL. */
export interface RemoteModel {
  readonly model: string
  readonly host: string
}

/** What a request asks for. */
export interface ModelDraft {
  /** A model here, the files of a new one by name, or a model of another server that this one only stands for. */
  readonly source:
    | { readonly from: ModelName; readonly asked: string }
    | { readonly files: FileDigests }
    | { readonly remote: RemoteModel }
  /** Files of adapters by name; at most one. */
  readonly adapters: FileDigests
  /** Target of a quantisation; empty: none. */
  readonly quantize: string
  /** Names of Ollama's code for prompts and answers; empty: what the source says. */
  readonly renderer: string
  readonly parser: string
  /** Lowest version of Ollama that runs it; empty: what the source says. */
  readonly requires: string
  /** What is put on top; called once the source is known to be good, and may throw. */
  texts(): DraftTexts
}

/** Parts that replace those of the source; empty ones leave them. Licences are added. */
export interface DraftTexts {
  readonly template: string
  readonly system: string
  readonly licenses: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
  /** The JSON text of the messages. */
  readonly messages: string
}

/** The layers of a model's source, and what its config says of them. */
export interface Base {
  readonly layers: readonly ManifestLayer[]
  readonly config: ModelConfig
  /** A layer of them that was made for this model and was not in the store before. */
  readonly newLayer?: Digest
}

const noConfig: ModelConfig = {
  format: '',
  family: '',
  families: [],
  parameterSize: '',
  quantizationLevel: '',
  renderer: '',
  parser: '',
  requires: '',
  remoteHost: '',
  remoteModel: '',
}

/** Texts of a model that are read to be merged. */
const parametersBytesMax = 4 * 1024 * 1024

/** What is known of a model before it gets its texts. */
export async function draftBase(
  { modelDir, disk }: { readonly modelDir: string; readonly disk: Disk },
  { source, adapters }: ModelDraft,
  progress: (status: string) => void,
): Promise<Base> {
  const plain = await sourceOf({ modelDir, disk }, source, progress)
  return withAdapters(modelDir, plain, adapters, progress)
}

/** Writes all blobs of the model that are not there yet and returns its manifest, which is not written yet. */
export async function draftManifest(
  modelDir: string,
  base: Base,
  { draft, texts }: { readonly draft: ModelDraft; readonly texts: DraftTexts },
  progress: (status: string) => void,
): Promise<Manifest> {
  const layers = await withTexts(modelDir, base, texts)
  for (const { isNew, layer } of layers) {
    progress(`${isNew ? 'creating new' : 'using existing'} layer ${layer.digest}`)
  }
  const stored = layers.map(({ layer }) => layer)
  const named = {
    renderer: draft.renderer || base.config.renderer,
    parser: draft.parser || base.config.parser,
    requires: draft.requires || base.config.requires,
  }
  const configBytes = encodeModelConfig({ ...base.config, ...named }, stored)
  const { layer: config } = await storeLayer(modelDir, mediaTypes.config, configBytes)
  return { config, layers: stored }
}

async function sourceOf(
  place: { readonly modelDir: string; readonly disk: Disk },
  source: ModelDraft['source'],
  progress: (status: string) => void,
): Promise<Base> {
  if ('from' in source) return fromModel(place.modelDir, source)
  if ('files' in source) return fromFiles(place, source.files, progress)
  const { model, host } = source.remote
  return { layers: [], config: { ...noConfig, remoteModel: model, remoteHost: host } }
}

async function fromModel(
  modelDir: string,
  { from, asked }: { from: ModelName; asked: string },
): Promise<Base> {
  const known = await manifestFiles(modelDir)
  const name = knownSpelling(from, known.values())
  const file = manifestFile(modelDir, name)
  if (!known.has(file)) throw new OdError('OD_MODEL_NOT_FOUND', { model: asked })
  const manifest = await readManifest(file)
  const configFile = blobPath(modelDir, manifest.config.digest)
  return {
    layers: manifest.layers.map((layer) => ({ ...layer, from: displayName(name) })),
    config: decodeModelConfig(await readBytes(configFile, manifestLimits.bytesMax)),
  }
}

/** One file with weights, and what goes with it; Ollama takes the facts of the first file, whichever that is. */
async function fromFiles(
  { modelDir, disk }: { readonly modelDir: string; readonly disk: Disk },
  files: FileDigests,
  progress: (status: string) => void,
): Promise<Base> {
  const layers = await ggufLayers(modelDir, files, progress)
  const isWeights = ({ layer }: GgufLayer) => layer.mediaType === mediaTypes.model
  const [weights, ...more] = await joined(modelDir, disk, layers.filter(isWeights), progress)
  if (weights === undefined || more.length > 0) {
    const what = weights
      ? 'a model with several files of weights'
      : 'a file without a language model'
    throw new OdError('OD_CREATE_UNSUPPORTED', { what })
  }
  const others = layers.filter((one) => !isWeights(one))
  const { family, parameterSize, quantizationLevel } = summaryOf(weights.header)
  return {
    layers: [weights, ...others].map(({ layer }) => layer),
    config: {
      ...noConfig,
      format: 'gguf',
      family,
      families: [family, ...others.map(({ header }) => summaryOf(header).family)],
      parameterSize,
      quantizationLevel,
    },
  }
}

/** Parts become the file that they are parts of; what is whole stays. */
async function joined(
  modelDir: string,
  disk: Disk,
  weights: readonly GgufLayer[],
  progress: (status: string) => void,
): Promise<readonly GgufLayer[]> {
  if (!weights.some(({ header }) => isGgufPart(header))) return weights
  progress('converting model') // Ollama's word for files that become another one
  return [await ggufLayer(modelDir, await joinParts(modelDir, disk, weights))]
}

/** Adapters stand behind all files of the source. */
async function withAdapters(
  modelDir: string,
  { layers, config }: Base,
  adapters: FileDigests,
  progress: (status: string) => void,
): Promise<Base> {
  if (adapters.size === 0) return { layers, config }
  const added = await ggufLayers(modelDir, adapters, progress)
  if (added.some(({ layer }) => layer.mediaType !== mediaTypes.adapter)) {
    throw new OdError('OD_CREATE_NOT_ADAPTER')
  }
  return {
    layers: [...layers, ...added.map(({ layer }) => layer)],
    config: {
      ...config,
      families: [...config.families, ...added.map(({ header }) => summaryOf(header).family)],
    },
  }
}

/** A part that replaces another goes to the end, as in Ollama, so that the order of layers is the same. */
async function withTexts(
  modelDir: string,
  base: Base,
  { template, system, licenses, parameters, messages }: DraftTexts,
): Promise<StoredLayer[]> {
  let layers: StoredLayer[] = base.layers.map((layer) => ({
    layer,
    isNew: layer.digest === base.newLayer,
  }))
  const without = (type: string) => layers.filter(({ layer }) => layer.mediaType !== type)
  const made = (type: string, text: string) =>
    storeLayer(modelDir, type, new TextEncoder().encode(text))
  const { template: templates, license, params, messages: talk } = mediaTypes
  if (template !== '') layers = [...without(templates), await made(templates, template)]
  if (system !== '') layers = [...without(mediaTypes.system), await made(mediaTypes.system, system)]
  for (const text of licenses) layers = [...layers, await made(license, text)]
  const merged = { ...(await parametersOf(modelDir, base.layers)), ...parameters }
  if (Object.keys(merged).length > 0) {
    layers = [...without(params), await made(params, `${encodeGoJson(sorted(merged))}\n`)]
  }
  if (messages !== '') layers = [...without(talk), await made(talk, `${messages}\n`)]
  return layers
}

async function parametersOf(
  modelDir: string,
  layers: readonly ManifestLayer[],
): Promise<Record<string, unknown>> {
  const layer = layers.find(({ mediaType }) => mediaType === mediaTypes.params)
  if (layer === undefined) return {}
  const bytes = await readBytes(blobPath(modelDir, layer.digest), parametersBytesMax)
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
}

/** Go writes the keys of a map in the order of their bytes. */
function sorted(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
