/** What a model is made of, as a request says it. Source: Ollama server/create.go, CreateHandler; server/model.go, parseFromModel. */
import { isOdError, OdError } from '../../../core/errors/index.ts'
import { displayName, type ModelName, parseModelName } from '../../../core/model-name.ts'
import type { CreateRequest } from '../../../wire/ollama/model-requests.ts'
import { nameInCloud, storedModelName } from '../../../wire/ollama/model-source.ts'
import { cloudHost, remoteHostUrl } from '../../../wire/ollama/remote-host.ts'
import type { ModelCatalogue, ModelDraft, ModelPuller, ProgressLine } from '../ports.ts'

/** Throws the errors of `OD_CREATE_*`, and `OD_MODEL_NAME_INVALID`. */
export function sourceOf(request: CreateRequest): ModelDraft['source'] {
  const { from, files, adapters, draftFiles } = request
  const name = from === '' ? undefined : sourceNameIn(from)
  if (name === undefined && files === undefined) throw new OdError('OD_CREATE_SOURCE')
  const remote = name === undefined ? undefined : remoteIn(request)
  if (remote !== undefined) return { remote }
  if (adapters?.size === 0) throw new OdError('OD_CREATE_FILE_TYPE')
  if (adapters !== undefined && adapters.size > 1) throw new OdError('OD_CREATE_ADAPTERS')
  if (draftFiles !== undefined) {
    throw new OdError('OD_CREATE_UNSUPPORTED', { what: 'a draft model' })
  }
  return name === undefined ? { files: files ?? new Map() } : { from: name, asked: from }
}

/** A model of another server, where the request names one. */
function remoteIn({ from, remoteHost }: CreateRequest) {
  const inCloud = nameInCloud(from)
  if (remoteHost === '') {
    return inCloud === undefined ? undefined : { model: inCloud, host: cloudHost }
  }
  const host = remoteHostUrl(remoteHost)
  if (host === undefined) throw new OdError('OD_CREATE_REMOTE')
  return { model: inCloud ?? storedModelName(from), host }
}

/** Whatever is wrong with the name, Ollama says no more than that. */
function sourceNameIn(from: string): ModelName {
  try {
    const name = parseModelName(storedModelName(from))
    if (name !== undefined) return name
  } catch (error) {
    if (!isOdError(error)) throw error
  }
  throw new OdError('OD_MODEL_NAME_INVALID')
}

/** Pulls the model that another is made from, where it is not here. `show` hears all lines of that pull. Throws as a pull does. */
export async function bringSource(
  source: ModelDraft['source'],
  { catalogue, puller }: { readonly catalogue: ModelCatalogue; readonly puller: ModelPuller },
  show: (line: ProgressLine) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!('from' in source)) return
  if ((await catalogue.find(displayName(source.from))) !== undefined) return
  await puller.pull({ name: source.from, insecure: false }, show, signal)
  show({ status: 'success' })
}
