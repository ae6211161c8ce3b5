/** `POST /api/create`. Source: Ollama server/create.go, CreateHandler. */
import { isOdError, OdError } from '../../../core/errors/index.ts'
import { parseModelName } from '../../../core/model-name.ts'
import { encodeGoJson } from '../../../wire/go-json/index.ts'
import { findInfoMisfit } from '../../../wire/http/create-info.ts'
import { type CreateRequest, decodeCreate } from '../../../wire/ollama/model-requests.ts'
import { messageOnWire } from '../../../wire/ollama/responses.ts'
import type { DraftTexts, ModelDraft, ModelPuller, ModelStore } from '../ports.ts'
import type { Handler } from '../server.ts'
import type { EngineService } from '../service.ts'
import { bringSource, sourceOf } from './create-source.ts'
import { answerWithProgress } from './progress.ts'

export function createRoute(
  service: EngineService,
  store: ModelStore,
  puller: ModelPuller,
): Handler {
  return async ({ body, answer, signal }) => {
    const request = decodeCreate(body)
    const misfit = findInfoMisfit(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
    if (misfit !== undefined) throw new OdError('OD_CREATE_INFO', { ...misfit })
    refusePaths(request.files)
    for (const files of [request.files, request.adapters, request.draftFiles]) needDigests(files)
    const name = parseModelName(request.model)
    if (name === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
    await answerWithProgress(answer, request.stream, async (show) => {
      const draft = draftOf(service, request)
      await bringSource(draft.source, { catalogue: service.catalogue, puller }, show, signal)
      await store.create(name, draft, show, signal)
    })
  }
}

/** Names of files must stay below a folder (Go's fs.ValidPath). */
function refusePaths(files: ReadonlyMap<string, string> = new Map()): void {
  for (const path of files.keys()) {
    const isRelative =
      path === '.' || path.split('/').every((part) => !['', '.', '..'].includes(part))
    if (!isRelative) throw new OdError('OD_CREATE_FILE_PATH')
  }
}

/** Each file must have a digest, right or wrong. */
function needDigests(files: ReadonlyMap<string, string> = new Map()): void {
  if ([...files.values()].includes('')) throw new OdError('OD_DIGEST_FORMAT')
}

function draftOf(service: EngineService, request: CreateRequest): ModelDraft {
  const source = sourceOf(request)
  const isRemote = 'remote' in source
  return {
    source,
    adapters: isRemote ? new Map() : (request.adapters ?? new Map()),
    quantize: isRemote ? '' : request.quantize,
    renderer: request.renderer,
    parser: request.parser,
    requires: request.requires,
    texts: () => textsOf(service, request),
  }
}

function textsOf(service: EngineService, request: CreateRequest): DraftTexts {
  const { template, system, parameters, messages } = request
  if (template !== '') checkTemplate(service, template)
  const onWire = messages.map((message) => ({
    ...messageOnWire(message),
    tool_name: message.toolName || undefined,
    tool_call_id: message.toolCallId || undefined,
  }))
  return {
    template,
    system,
    licenses: licensesIn(request.license),
    parameters,
    messages: messages.length === 0 ? '' : encodeGoJson(onWire),
  }
}

function checkTemplate(service: EngineService, template: string): void {
  try {
    service.templateOf(template)
  } catch (error) {
    if (!isOdError(error) || error.code !== 'OD_TEMPLATE_INVALID') throw error
    throw new OdError('OD_CREATE_TEMPLATE', { reason: error.message }, { cause: error })
  }
}

/** A text or a list of texts; the refusals are Go's. */
function licensesIn(license: unknown): readonly string[] {
  if (license === null || license === '') return []
  if (typeof license === 'string') return [license]
  if (!Array.isArray(license)) throw misfit(license, '[]string')
  return license.map((one: unknown) => {
    if (one !== null && typeof one !== 'string') throw misfit(one, 'string')
    return one ?? ''
  })
}

function misfit(value: unknown, goType: string): OdError {
  const kinds: Readonly<Record<string, string>> = { boolean: 'bool', number: 'number' }
  const kind = Array.isArray(value) ? 'array' : (kinds[typeof value] ?? 'object')
  const reason = `json: cannot unmarshal ${kind} into Go value of type ${goType}`
  return new OdError('OD_CREATE_LICENSE', { reason })
}
