/** `POST /api/show`. Source: Ollama server/routes.go, GetModelInfo, and server/images.go, Model.String. */
import { OdError } from '../../../core/errors/index.ts'
import { parseModelName } from '../../../core/model-name.ts'
import { ownModelName } from '../../../wire/ollama/model-source.ts'
import { decodeShow, type ShowRequest } from '../../../wire/ollama/requests.ts'
import { showAnswer } from '../../../wire/ollama/responses.ts'
import { capabilitiesOf, plainTemplate } from '../capabilities.ts'
import { modelfileText, parametersText } from '../modelfile-text.ts'
import type { InstalledModel } from '../ports.ts'
import type { Handler } from '../server.ts'
import type { EngineService } from '../service.ts'

export function showRoute(service: EngineService): Handler {
  return async ({ body, answer }) => {
    const request = decodeShow(body)
    const stored = await findShown(service, request)
    const model = {
      ...stored,
      template: stored.template ?? plainTemplate,
      system: request.system || stored.system,
      parameters: { ...stored.parameters, ...request.options },
    }
    const { modelInfo, tensors } = await service.catalogue.describe(stored, request.verbose)
    const text = showAnswer({
      license: model.licenses.join('\n'),
      modelfile: modelfileText(model),
      parameters: parametersText(stored.parameters), // the request's options show in the Modelfile alone, as in Ollama 0.24
      template: model.template,
      system: model.system ?? '',
      details: { ...model.details, parentModel: model.parentModel },
      messages: model.messages,
      modelInfo,
      tensors,
      capabilities: capabilitiesOf(service, stored),
      modifiedMs: model.modifiedMs,
      requires: '',
    })
    answer.whole(200, text)
  }
}

const noDetails = 'remote model details are unavailable'

async function findShown(service: EngineService, request: ShowRequest): Promise<InstalledModel> {
  if (request.model.trim() === '') throw new OdError('OD_MODEL_REQUIRED')
  const name = ownModelName(request.model, noDetails)
  if (parseModelName(name) === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
  const model = await service.catalogue.find(name)
  if (model === undefined) throw new OdError('OD_MODEL_NOT_FOUND', { model: name })
  if ('remote' in model) throw new OdError('OD_CLOUD_DISABLED', { what: noDetails })
  return model
}
