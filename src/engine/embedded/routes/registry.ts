/** `POST /api/pull` and `POST /api/push`, which this engine cannot do: it says so, after what Ollama says first. */
import { OdError } from '../../../core/errors/index.ts'
import { parseModelName } from '../../../core/model-name.ts'
import { decodeTransfer } from '../../../wire/ollama/model-requests.ts'
import { ownModelName } from '../../../wire/ollama/model-source.ts'
import type { Handler } from '../server.ts'
import { type EngineService, findModel } from '../service.ts'

/** Source of what comes first: Ollama server/routes.go, PullHandler. */
export const pullRoute: Handler = ({ body }) => {
  const { model } = decodeTransfer(body, 'PullRequest')
  const name = ownModelName(model, 'remote model is unavailable')
  if (parseModelName(name) === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
  throw new OdError('OD_ENGINE_NO_REGISTRY', { action: 'pull' })
}

/** Source of what comes first: Ollama server/routes.go, PushHandler. */
export function pushRoute(service: EngineService): Handler {
  return async ({ body }) => {
    const { model } = decodeTransfer(body, 'PushRequest')
    if (model === '') throw new OdError('OD_MODEL_REQUIRED')
    await findModel(service, model)
    throw new OdError('OD_ENGINE_NO_REGISTRY', { action: 'push' })
  }
}
