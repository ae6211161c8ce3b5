import { type Digest, parseDigest } from '../core/digest.ts'
import { isOdError, OdError } from '../core/errors/index.ts'
import {
  decodeStruct,
  encodeGoJson,
  integer,
  list,
  type Reader,
  struct,
  text,
} from './go-json/index.ts'

/** Manifests and config files of models, as Ollama stores them (ollama-api §3.1). Source: Ollama manifest/, types/model/config.go. */

/** One blob of a model. */
export interface ManifestLayer {
  readonly mediaType: string
  readonly digest: Digest
  readonly sizeBytes: number
  /** The model it was taken from. */
  readonly from?: string
  /** Name of a tensor or a file. */
  readonly name?: string
}

export interface Manifest {
  readonly config: ManifestLayer
  readonly layers: readonly ManifestLayer[]
}

/** What a model says of itself in its config layer. */
export interface ModelConfig {
  /** `gguf`, or `safetensors`. */
  readonly format: string
  readonly family: string
  readonly families: readonly string[]
  /** Shown as parameter size, for example `134.52M`. */
  readonly parameterSize: string
  /** Shown as quantisation, for example `Q8_0`. */
  readonly quantizationLevel: string
  /** Ollama's own code that writes the prompt in place of a template, by its name; empty where the template does. */
  readonly renderer: string
  /** Ollama's own code that takes an answer apart, by its name; empty where the template tells how. */
  readonly parser: string
  /** Lowest version of Ollama that runs it; empty when it does not matter. */
  readonly requires: string
  /** Of a stub, whose answers come from elsewhere: that server's URL, and the model's name there; empty for a model of this machine. */
  readonly remoteHost: string
  readonly remoteModel: string
}

/** Media types of layers. */
export const mediaTypes = {
  config: 'application/vnd.docker.container.image.v1+json',
  model: 'application/vnd.ollama.image.model',
  projector: 'application/vnd.ollama.image.projector',
  adapter: 'application/vnd.ollama.image.adapter',
  template: 'application/vnd.ollama.image.template',
  system: 'application/vnd.ollama.image.system',
  license: 'application/vnd.ollama.image.license',
  params: 'application/vnd.ollama.image.params',
  messages: 'application/vnd.ollama.image.messages',
} as const

/** Each bound with its reason: manifests come from registries and from other nodes. */
export const manifestLimits = {
  /** A thousand layers with the longest names fit. */
  bytesMax: 4 * 1024 * 1024,
  /** The largest published models have some dozens; tensor models some hundreds. */
  layersMax: 1_000,
} as const

/** The type of a manifest, in a registry and within the manifest itself. */
export const manifestMediaType = 'application/vnd.docker.distribution.manifest.v2+json'

interface RawLayer {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly from: string
  readonly name: string
}

const rawLayer = struct<RawLayer>('manifest.Layer', {
  mediaType: { name: 'mediaType', reader: text },
  digest: { name: 'digest', reader: text },
  size: { name: 'size', reader: integer },
  from: { name: 'from', reader: text },
  name: { name: 'name', reader: text },
})

const rawManifest = struct<{ config: RawLayer; layers: readonly RawLayer[] }>('manifest.Manifest', {
  config: { name: 'config', reader: rawLayer },
  layers: { name: 'layers', reader: list(rawLayer, '[]manifest.Layer') },
})

/** Reads a manifest. Throws OD_MANIFEST_INVALID with what is wrong; every digest in the result is safe in a path. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const { config, layers } = decodeBounded(bytes, rawManifest)
  if (layers.length > manifestLimits.layersMax) throw invalid('it has too many layers')
  return { config: checkLayer(config), layers: layers.map(checkLayer) }
}

/** The bytes Ollama would write for the manifest, newline included. Its SHA-256 is the model's digest. */
export function encodeManifest({ config, layers }: Manifest): Uint8Array {
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: layerOnWire(config),
    layers: layers.length === 0 ? null : layers.map(layerOnWire), // a list that Go never began
  }
  return new TextEncoder().encode(`${encodeGoJson(manifest)}\n`)
}

const layerOrder: readonly string[] = [
  mediaTypes.model,
  mediaTypes.projector,
  mediaTypes.adapter,
  mediaTypes.template,
  mediaTypes.system,
  mediaTypes.license,
  mediaTypes.params,
  mediaTypes.messages,
]

/** Layers in the order in which Ollama's `create` writes them, so that the same model gets the same digest. */
export function orderLayers(layers: readonly ManifestLayer[]): readonly ManifestLayer[] {
  const rank = ({ mediaType }: ManifestLayer) => layerOrder.indexOf(mediaType)
  return layers.toSorted((one, other) => rank(one) - rank(other))
}

interface RawConfig {
  readonly model_format: string
  readonly model_family: string
  readonly model_families: readonly string[]
  readonly model_type: string
  readonly file_type: string
  readonly renderer: string
  readonly parser: string
  readonly requires: string
  readonly remote_host: string
  readonly remote_model: string
}

const rawConfig = struct<RawConfig>('model.ConfigV2', {
  model_format: { name: 'model_format', reader: text },
  model_family: { name: 'model_family', reader: text },
  model_families: { name: 'model_families', reader: list(text, '[]string') },
  model_type: { name: 'model_type', reader: text },
  file_type: { name: 'file_type', reader: text },
  renderer: { name: 'renderer', reader: text },
  parser: { name: 'parser', reader: text },
  requires: { name: 'requires', reader: text },
  remote_host: { name: 'remote_host', reader: text },
  remote_model: { name: 'remote_model', reader: text },
})

/** Reads a config layer. Throws OD_MANIFEST_INVALID. */
export function decodeModelConfig(bytes: Uint8Array): ModelConfig {
  const raw = decodeBounded(bytes, rawConfig)
  return {
    format: raw.model_format,
    family: raw.model_family,
    families: raw.model_families,
    parameterSize: raw.model_type,
    quantizationLevel: raw.file_type,
    renderer: raw.renderer,
    parser: raw.parser,
    requires: raw.requires,
    remoteHost: raw.remote_host,
    remoteModel: raw.remote_model,
  }
}

/**
 * The bytes Ollama would write for the config of a model that was made here, newline included. `layers` are the model's, in
 * their order; without them the config does not name any.
 */
export function encodeModelConfig(
  config: ModelConfig,
  layers?: readonly Pick<ManifestLayer, 'digest'>[],
): Uint8Array {
  const onWire = {
    model_format: config.format,
    model_family: config.family,
    model_families: config.families.length === 0 ? null : config.families,
    model_type: config.parameterSize,
    file_type: config.quantizationLevel,
    renderer: config.renderer || undefined,
    parser: config.parser || undefined,
    requires: config.requires || undefined,
    remote_host: config.remoteHost || undefined,
    remote_model: config.remoteModel || undefined,
    architecture: 'amd64',
    os: 'linux',
    rootfs: layers && { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  }
  return new TextEncoder().encode(`${encodeGoJson(onWire)}\n`)
}

function decodeBounded<T>(bytes: Uint8Array, reader: Reader<T>): T {
  if (bytes.length > manifestLimits.bytesMax) throw invalid('it is too large')
  try {
    return decodeStruct(bytes, reader)
  } catch (error) {
    throw isOdError(error) ? invalid(error.message) : error
  }
}

function checkLayer({ mediaType, digest, size, from, name }: RawLayer): ManifestLayer {
  const checked = parseDigest(digest)
  if (checked === undefined) throw invalid('a layer has no valid digest')
  if (!Number.isSafeInteger(size) || size < 0) throw invalid('a layer has no valid size')
  return {
    mediaType,
    digest: checked,
    sizeBytes: size,
    ...(from === '' ? {} : { from }),
    ...(name === '' ? {} : { name }),
  }
}

function layerOnWire({ mediaType, digest, sizeBytes, from, name }: ManifestLayer): object {
  return { mediaType, digest, size: sizeBytes, from, name }
}

function invalid(reason: string): OdError {
  return new OdError('OD_MANIFEST_INVALID', { reason })
}
