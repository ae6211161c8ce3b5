import type { ModelListing } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { isCloudName, lookedUpName } from '../wire/ollama/model-source.ts'
import { modelOnWire } from '../wire/openai/models.ts'

/**
 * Body of `/v1/models/:model`, with the name as it was asked for. Throws OD_MODEL_NAME_INVALID and OD_MODEL_NOT_FOUND, and for a
 * model of Ollama's cloud OD_CLOUD_DISABLED.
 */
export function findOpenAiModel(models: readonly ModelListing[], asked: string): object {
  if (isCloudName(asked)) {
    throw new OdError('OD_CLOUD_DISABLED', { what: 'remote model details are unavailable' })
  }
  const wanted = canonicalOf(lookedUpName(asked))
  if (wanted === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
  const found = models.find(({ name }) => canonicalOf(name) === wanted)
  if (found === undefined) throw new OdError('OD_MODEL_NOT_FOUND', { model: asked })
  return modelOnWire(asked, found.modified_at)
}

function canonicalOf(text: string): string | undefined {
  const name = parseModelName(text)
  return name === undefined ? undefined : canonicalName(name)
}
