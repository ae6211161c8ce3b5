/** `POST /api/pull`; and `POST /api/push`, which this engine cannot do: it says so, after what Ollama says first. */
import { OdError } from '../../../core/errors/index.ts'
import { parseModelName } from '../../../core/model-name.ts'
import { encodeGoJson } from '../../../wire/go-json/index.ts'
import { decodeTransfer } from '../../../wire/ollama/model-requests.ts'
import { ownModelName } from '../../../wire/ollama/model-source.ts'
import type { ModelPuller, PullLine } from '../ports.ts'
import type { Handler } from '../server.ts'
import { type EngineService, findModel } from '../service.ts'

/** Source: Ollama server/routes.go, PullHandler. A client that goes ends the pull; the next one goes on where it was. */
export function pullRoute(puller: ModelPuller): Handler {
  return async ({ body, answer, signal }) => {
    const { model, insecure, stream, credentials } = decodeTransfer(body, 'PullRequest')
    const name = parseModelName(ownModelName(model, 'remote model is unavailable'))
    if (name === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
    const isStream = stream !== false
    answer.refuseAs(isStream ? 'stream' : 'whole')
    const show = (line: PullLine) => {
      if (isStream) answer.line(encodeGoJson(withoutZeros(line)))
    }
    await puller.pull({ name, insecure, credentials }, show, signal)
    const last = encodeGoJson({ status: 'success' })
    if (!isStream) return answer.whole(200, last, 'bareJson')
    answer.line(last)
    answer.end()
  }
}

/** Go leaves numbers out that are zero. */
function withoutZeros({ status, digest, total, completed }: PullLine): object {
  return { status, digest, total: total || undefined, completed: completed || undefined }
}

/** Source of what comes first: Ollama server/routes.go, PushHandler. */
export function pushRoute(service: EngineService): Handler {
  return async ({ body }) => {
    const { model } = decodeTransfer(body, 'PushRequest')
    if (model === '') throw new OdError('OD_MODEL_REQUIRED')
    await findModel(service, model)
    throw new OdError('OD_ENGINE_NO_REGISTRY')
  }
}
