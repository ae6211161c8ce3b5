/** `POST /api/pull` and `POST /api/push`. A client that goes ends either; the next one goes on where it was. */
import { OdError } from '../../../core/errors/index.ts'
import { parseModelName, qualifiedText } from '../../../core/model-name.ts'
import { decodeTransfer } from '../../../wire/ollama/model-requests.ts'
import { lookedUpName, ownModelName } from '../../../wire/ollama/model-source.ts'
import type { ModelPuller, ModelPusher, ProgressLine } from '../ports.ts'
import type { Handler } from '../server.ts'
import type { EngineService } from '../service.ts'
import { answerWithProgress } from './progress.ts'

/** Source: Ollama server/routes.go, PullHandler. */
export function pullRoute(puller: ModelPuller): Handler {
  return async ({ body, answer, signal }) => {
    const { model, insecure, stream, credentials } = decodeTransfer(body, 'PullRequest')
    const name = parseModelName(ownModelName(model, 'remote model is unavailable'))
    if (name === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
    await answerWithProgress(answer, stream, (show) =>
      puller.pull({ name, insecure, credentials }, show, signal),
    )
  }
}

/** Source: Ollama server/routes.go, PushHandler. A model that is not here is 404 before a stream begins. */
export function pushRoute(service: EngineService, pusher: ModelPusher): Handler {
  return async ({ body, answer, signal }) => {
    const { model, insecure, stream, credentials } = decodeTransfer(body, 'PushRequest')
    if (model === '') throw new OdError('OD_MODEL_REQUIRED')
    const name = parseModelName(lookedUpName(model))
    if (name !== undefined) await needModel(service, model)
    await answerWithProgress(answer, stream, (show) =>
      name === undefined
        ? refuseName(model, show)
        : pusher.push({ name, insecure, credentials }, show, signal),
    )
  }
}

/** A name that only stands for a model elsewhere may be pushed as any other. */
async function needModel({ catalogue }: EngineService, model: string): Promise<void> {
  const own = ownModelName(model, 'remote model is unavailable')
  if ((await catalogue.find(own)) === undefined) throw new OdError('OD_MODEL_NOT_FOUND', { model })
}

/** What Ollama says of a text that is no name. */
async function refuseName(text: string, show: (line: ProgressLine) => void): Promise<never> {
  const name = qualifiedText(text.trim())
  if (name === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
  show({ status: 'retrieving manifest' })
  show({ status: "couldn't retrieve manifest" })
  throw new OdError('OD_PUSH_NAME', { name })
}
