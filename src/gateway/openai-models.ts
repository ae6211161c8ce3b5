import type { ModelListing } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { isCloudName, lookedUpName } from '../wire/ollama/model-source.ts'

/** An entry of `/v1/models`. Source: Ollama openai/openai.go, `Model` (ollama-api §1.8). */
interface OpenAiModel {
  readonly id: string
  readonly object: 'model'
  /** Seconds since 1970 at which its manifest was written. */
  readonly created: number
  /** Its namespace. */
  readonly owned_by: string
}

/** Body of `/v1/models`; without a model its list is `null`, as in Ollama. */
export function listOpenAiModels(models: readonly ModelListing[]): {
  object: 'list'
  data: OpenAiModel[] | null
} {
  const data = models.map((listing) => openAiModel(listing.name, listing))
  return { object: 'list', data: data.length === 0 ? null : data }
}

/**
 * Body of `/v1/models/:model`, with the name as it was asked for. Throws OD_MODEL_NAME_INVALID and OD_MODEL_NOT_FOUND, and for a
 * model of Ollama's cloud OD_CLOUD_DISABLED.
 */
export function findOpenAiModel(models: readonly ModelListing[], asked: string): OpenAiModel {
  if (isCloudName(asked)) {
    throw new OdError('OD_CLOUD_DISABLED', { what: 'remote model details are unavailable' })
  }
  const wanted = canonicalOf(lookedUpName(asked))
  if (wanted === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
  const found = models.find(({ name }) => canonicalOf(name) === wanted)
  if (found === undefined) throw new OdError('OD_MODEL_NOT_FOUND', { model: asked })
  return openAiModel(asked, found)
}

function openAiModel(id: string, { name, modified_at }: ModelListing): OpenAiModel {
  return {
    id,
    object: 'model',
    created: Math.floor((Date.parse(modified_at) || 0) / 1000),
    owned_by: parseModelName(name)?.namespace ?? '',
  }
}

function canonicalOf(text: string): string | undefined {
  const name = parseModelName(text)
  return name === undefined ? undefined : canonicalName(name)
}
