/** The models that lie complete in a model directory: read anew when a manifest changed, remembered otherwise. */
import { createHash } from 'node:crypto'
import { blobFileName } from '../core/digest.ts'
import { OdError } from '../core/errors/index.ts'
import {
  canonicalName,
  displayName,
  type ModelName,
  parseModelName,
  qualifiedName,
} from '../core/model-name.ts'
import { type FileFacts, factsOf, isErrno, readBytes } from '../sys/files.ts'
import { isRefused } from '../sys/lacking-right.ts'
import type { Log } from '../sys/log.ts'
import { isThere, needReadable } from '../sys/store-files.ts'
import { decodeManifest, decodeModelConfig, type Manifest, mediaTypes } from '../wire/manifest.ts'
import type { ModelDetails } from '../wire/ollama/responses.ts'
import type { RemoteModel } from './draft.ts'
import { manifestFiles } from './manifest-files.ts'
import { asUnreadable } from './room.ts'
import { blobPath, manifestFile } from './store-layout.ts'
import { describeWeights, type WeightsDescription, weightsFactsOf } from './weights.ts'

interface ListedModel {
  readonly name: string
  readonly qualifiedName: string
  readonly digest: string
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly details: ModelDetails
}

/** A name that stands for a model of another server: nothing of it is here but its config. */
export interface CatalogueStub extends ListedModel {
  readonly remote: RemoteModel
}

export interface CatalogueModel extends ListedModel {
  readonly weightsPath: string
  readonly adapterPaths: readonly string[]
  readonly parentModel: string
  readonly template: string | undefined
  readonly chatTemplate: string | undefined
  readonly parser: string
  readonly renderer: string
  readonly isEmbedding: boolean
  readonly system: string | undefined
  readonly parameters: Readonly<Record<string, unknown>>
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly licenses: readonly string[]
}

interface Remembered {
  readonly facts: FileFacts
  readonly model: CatalogueModel | CatalogueStub | undefined
}

/** Who replaces a model more often while it is read does so all the time. */
const replacedMax = 10

/** Layers that are texts: a template, a system prompt, options, messages, a licence. */
const textLayerBytesMax = 4 * 1024 * 1024

/** Reads a model directory. Manifests that cannot be understood are left out and logged once. */
export class Catalogue {
  readonly #modelDir: string
  readonly #log: Log
  readonly #remembered = new Map<string, Remembered>()

  constructor(modelDir: string, log: Log) {
    this.#modelDir = modelDir
    this.#log = log
  }

  /** All models, newest first. */
  async list(): Promise<readonly (CatalogueModel | CatalogueStub)[]> {
    const names = await manifestFiles(this.#modelDir)
    const models = await Promise.all([...names].map(([file, name]) => this.#read(file, name)))
    for (const file of this.#remembered.keys()) {
      if (!names.has(file)) this.#remembered.delete(file)
    }
    return models.filter((model) => model !== undefined).sort((a, b) => b.modifiedMs - a.modifiedMs)
  }

  /** The model of that name in any spelling of its case, or undefined. Throws `OD_MODEL_DAMAGED`, `OD_STORE_UNREADABLE`. */
  async find(text: string): Promise<CatalogueModel | CatalogueStub | undefined> {
    const name = parseModelName(text)
    if (name === undefined) return undefined
    const wanted = canonicalName(name)
    for (const [file, candidate] of await manifestFiles(this.#modelDir)) {
      if (canonicalName(candidate) !== wanted) continue
      return (await this.#read(file, candidate)) ?? (await this.#readAgain(file, candidate))
    }
    await isThere(manifestFile(this.#modelDir, name)).catch(asRefused) // in a folder that may not be listed
    return undefined
  }

  /** What stands in the header of the weights; long lists only when `verbose`. Throws `OD_GGUF_INVALID`. */
  async describe(model: CatalogueModel, verbose: boolean): Promise<WeightsDescription> {
    return describeWeights(model.weightsPath, verbose)
  }

  /**
   * A model in the list of names that could not be read: what stands there once nobody replaces it any more, or undefined when it was
   * removed. Throws why it cannot be read.
   */
  async #readAgain(
    file: string,
    name: ModelName,
  ): Promise<CatalogueModel | CatalogueStub | undefined> {
    for (let tries = 0; tries < replacedMax; tries++) {
      const facts = await factsOf(file).catch(asAbsent)
      if (facts === undefined) return undefined
      const model = await this.#decode(file, name, facts).catch(asRefused)
      if (model !== undefined) return model
      const after = await factsOf(file).catch(asAbsent)
      if (after !== undefined && isSame(facts, after)) break
    }
    throw new OdError('OD_MODEL_DAMAGED', { model: displayName(name) })
  }

  async #read(file: string, name: ModelName): Promise<CatalogueModel | CatalogueStub | undefined> {
    try {
      const facts = await factsOf(file)
      const known = this.#remembered.get(file)
      const isSeen = known !== undefined && isSame(known.facts, facts)
      const whole = isSeen ? known.model : undefined
      if (whole !== undefined && (await hasFiles(whole))) return whole
      const model = await this.#decode(file, name, facts).catch((error: unknown) => {
        const isTold = isSeen && whole === undefined
        if (isTold) return undefined
        this.#log.warn({ model: displayName(name), reason: String(error) }, 'model.unreadable')
        return undefined
      })
      this.#remembered.set(file, { facts, model })
      return model
    } catch {
      return undefined // it was removed between the listing and the reading
    }
  }

  async #decode(
    file: string,
    name: ModelName,
    facts: FileFacts,
  ): Promise<CatalogueModel | CatalogueStub> {
    const bytes = await readBytes(file, textLayerBytesMax)
    const manifest = decodeManifest(bytes)
    const configBytes = await readBytes(
      blobPath(this.#modelDir, manifest.config.digest),
      textLayerBytesMax,
    )
    const config = decodeModelConfig(configBytes)
    const listed = {
      name: displayName(name),
      qualifiedName: qualifiedName(name),
      digest: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: [manifest.config, ...manifest.layers].reduce(
        (sum, layer) => sum + layer.sizeBytes,
        0,
      ),
      modifiedMs: facts.modifiedMs,
      details: {
        parentModel: '',
        format: config.format,
        family: config.family,
        families: config.families,
        parameterSize: config.parameterSize,
        quantizationLevel: config.quantizationLevel,
      },
    }
    const { remoteHost: host, remoteModel: model } = config
    if (host !== '' && model !== '') return { ...listed, remote: { host, model } }
    const weights = manifest.layers.find(({ mediaType }) => mediaType === mediaTypes.model)
    if (weights === undefined) throw new OdError('OD_MODEL_INCOMPLETE', { part: 'weights' })
    const weightsPath = blobPath(this.#modelDir, weights.digest)
    const adapters = manifest.layers.filter(({ mediaType }) => mediaType === mediaTypes.adapter)
    const adapterPaths = adapters.map(({ digest }) => blobPath(this.#modelDir, digest))
    await Promise.all([weightsPath, ...adapterPaths].map(needReadable))
    const texts = (type: string) => this.#texts(manifest, type)
    const [template] = await texts(mediaTypes.template)
    const [system] = await texts(mediaTypes.system)
    const [parameters] = await texts(mediaTypes.params)
    const [messages] = await texts(mediaTypes.messages)
    const { chatTemplate, isEmbedding } = weightsFactsOf(weightsPath)
    return {
      ...listed,
      weightsPath,
      adapterPaths,
      parentModel:
        weights.from === blobFileName(weights.digest) ? weightsPath : (weights.from ?? ''),
      template,
      chatTemplate: template === undefined || config.renderer !== '' ? chatTemplate : undefined,
      parser: config.parser,
      renderer: config.renderer,
      isEmbedding,
      system,
      parameters:
        parameters === undefined ? {} : (JSON.parse(parameters) as Record<string, unknown>),
      messages: messages === undefined ? [] : (JSON.parse(messages) as CatalogueModel['messages']),
      licenses: await texts(mediaTypes.license),
    }
  }

  async #texts(manifest: Manifest, mediaType: string): Promise<string[]> {
    const layers = manifest.layers.filter((layer) => layer.mediaType === mediaType)
    const read = async (digest: (typeof layers)[number]['digest']) =>
      new TextDecoder().decode(await readBytes(blobPath(this.#modelDir, digest), textLayerBytesMax))
    return Promise.all(layers.map(({ digest }) => read(digest)))
  }
}

async function hasFiles(model: CatalogueModel | CatalogueStub): Promise<boolean> {
  if ('remote' in model) return true
  const { weightsPath, adapterPaths } = model
  return await Promise.all([weightsPath, ...adapterPaths].map(needReadable)).then(
    () => true,
    () => false,
  )
}

/** Throws `OD_STORE_UNREADABLE` for a file that may not be read. */
async function asRefused(error: unknown): Promise<undefined> {
  if (isRefused(error)) await asUnreadable(error)
  return undefined
}

/** A link that leads nowhere is there, and what it should lead to is not. */
async function asAbsent(error: unknown): Promise<undefined> {
  if (isErrno(error, 'ENOENT')) return undefined
  return await asUnreadable(error)
}

function isSame(a: FileFacts, b: FileFacts): boolean {
  return a.modifiedMs === b.modifiedMs && a.sizeBytes === b.sizeBytes
}
