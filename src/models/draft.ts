/** A model that is being made: its layers, from a file or from another model. Source: Ollama server/create.go, createModel. */
import { blobFileName, type Digest, parseDigest } from '../core/digest.ts'
import { OdError } from '../core/errors/index.ts'
import { displayName, type ModelName } from '../core/model-name.ts'
import { readBytes, withFileReader } from '../sys/files.ts'
import { isThere } from '../sys/store-files.ts'
import { ggufText, readGgufHeader } from '../wire/gguf/index.ts'
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
import { knownSpelling, manifestFiles, readManifest } from './manifest-files.ts'
import { blobPath, manifestFile } from './store-layout.ts'
import { summaryOf } from './weights.ts'

/** What a request asks for. */
export interface ModelDraft {
  /** A model here, or the files of a new one by name. */
  readonly source:
    | { readonly from: ModelName; readonly asked: string }
    | { readonly files: ReadonlyMap<string, string> }
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

interface Base {
  readonly layers: readonly ManifestLayer[]
  readonly config: ModelConfig
}

/** Texts of a model that are read to be merged. */
const parametersBytesMax = 4 * 1024 * 1024

const quantizationTypes = ['F32', 'F16', 'Q4_K_S', 'Q4_K_M', 'Q8_0']
const unquantized = ['F32', 'F16', 'BF16']

/** Writes all blobs of the model and returns its manifest, which is not written yet. */
export async function draftModel(
  modelDir: string,
  draft: ModelDraft,
  progress: (status: string) => void,
): Promise<Manifest> {
  const { source } = draft
  const base =
    'from' in source
      ? await fromModel(modelDir, source)
      : await fromFile(modelDir, source.files, progress)
  refuseQuantization(draft.quantize, base.config.quantizationLevel)
  const layers = await withTexts(modelDir, base.layers, draft.texts())
  for (const { isNew, layer } of layers) {
    progress(`${isNew ? 'creating new' : 'using existing'} layer ${layer.digest}`)
  }
  const plain = layers.map(({ layer }) => layer)
  const named = {
    renderer: draft.renderer || base.config.renderer,
    parser: draft.parser || base.config.parser,
    requires: draft.requires || base.config.requires,
  }
  const configBytes = encodeModelConfig({ ...base.config, ...named }, plain)
  const { layer: config } = await storeLayer(modelDir, mediaTypes.config, configBytes)
  return { config, layers: plain }
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

async function fromFile(
  modelDir: string,
  files: ReadonlyMap<string, string>,
  progress: (status: string) => void,
): Promise<Base> {
  const [first] = files
  const names = [...files.keys()]
  if (names.some((name) => name.endsWith('.safetensors'))) {
    throw new OdError('OD_CREATE_UNSUPPORTED', { what: 'safetensors' })
  }
  if (first === undefined) throw new OdError('OD_CREATE_FILE_TYPE')
  const [name, text] = first
  const digest = parseDigest(text)
  if (!name.endsWith('.gguf') && !(await isGguf(modelDir, digest))) {
    throw new OdError('OD_CREATE_FILE_TYPE')
  }
  if (files.size > 1) {
    throw new OdError('OD_CREATE_UNSUPPORTED', { what: 'a model of several files' })
  }
  progress('parsing GGUF')
  if (digest === undefined) throw new OdError('OD_CREATE_DIGEST')
  return fromWeights(modelDir, digest)
}

async function fromWeights(modelDir: string, digest: Digest): Promise<Base> {
  const path = blobPath(modelDir, digest)
  const file = blobFileName(digest)
  if (!(await isThere(path))) throw new OdError('OD_BLOB_ABSENT', { file })
  if (!(await isGguf(modelDir, digest))) throw new OdError('OD_CREATE_NOT_GGUF')
  const { header, sizeBytes } = withFileReader(path, (read, size) => ({
    header: readGgufHeader(read, size),
    sizeBytes: size,
  }))
  const kind = ggufText(header, 'general.type')
  if (kind === 'adapter' || ggufText(header, 'general.architecture') === 'clip') {
    throw new OdError('OD_CREATE_UNSUPPORTED', { what: 'a file without a language model' })
  }
  const { family, parameterSize, quantizationLevel } = summaryOf(header)
  return {
    // Ollama writes the whole path here; the name alone gives the model the same digest on every machine.
    layers: [{ mediaType: mediaTypes.model, digest, sizeBytes, from: file }],
    config: {
      format: 'gguf',
      family,
      families: [family],
      parameterSize,
      quantizationLevel,
      renderer: '',
      parser: '',
      requires: '',
      remoteHost: '',
    },
  }
}

async function isGguf(modelDir: string, digest: Digest | undefined): Promise<boolean> {
  if (digest === undefined || !(await isThere(blobPath(modelDir, digest)))) return false
  const start = withFileReader(blobPath(modelDir, digest), (read) => read(0, 4))
  return new TextDecoder().decode(start) === 'GGUF'
}

function refuseQuantization(asked: string, has: string): void {
  const type = asked.toUpperCase()
  if (type === '') return
  if (!quantizationTypes.includes(type)) throw new OdError('OD_CREATE_QUANTIZE_TYPE', { type })
  if (!unquantized.includes(has)) throw new OdError('OD_CREATE_QUANTIZED')
  if (has !== type) throw new OdError('OD_CREATE_UNSUPPORTED', { what: 'quantization' })
}

/** A part that replaces another goes to the end, as in Ollama, so that the order of layers is the same. */
async function withTexts(
  modelDir: string,
  base: readonly ManifestLayer[],
  { template, system, licenses, parameters, messages }: DraftTexts,
): Promise<StoredLayer[]> {
  let layers: StoredLayer[] = base.map((layer) => ({ layer, isNew: false }))
  const without = (type: string) => layers.filter(({ layer }) => layer.mediaType !== type)
  const made = (type: string, text: string) =>
    storeLayer(modelDir, type, new TextEncoder().encode(text))
  const { template: templates, license, params, messages: talk } = mediaTypes
  if (template !== '') layers = [...without(templates), await made(templates, template)]
  if (system !== '') layers = [...without(mediaTypes.system), await made(mediaTypes.system, system)]
  for (const text of licenses) layers = [...layers, await made(license, text)]
  const merged = { ...(await parametersOf(modelDir, base)), ...parameters }
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
