/** `POST /api/create`. Source: Ollama server/create.go, CreateHandler. Models that are not here are not pulled. */
import { isOdError, OdError } from '../../../core/errors/index.ts'
import { type ModelName, parseModelName } from '../../../core/model-name.ts'
import { encodeGoJson } from '../../../wire/go-json/index.ts'
import { findInfoMisfit } from '../../../wire/http/create-info.ts'
import { type CreateRequest, decodeCreate } from '../../../wire/ollama/model-requests.ts'
import { storedModelName } from '../../../wire/ollama/model-source.ts'
import { messageOnWire } from '../../../wire/ollama/responses.ts'
import type { DraftTexts, ModelDraft, ModelStore } from '../ports.ts'
import type { Handler } from '../server.ts'
import type { EngineService } from '../service.ts'

export function createRoute(service: EngineService, store: ModelStore): Handler {
  return async ({ body, answer }) => {
    const request = decodeCreate(body)
    const misfit = findInfoMisfit(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
    if (misfit !== undefined) throw new OdError('OD_CREATE_INFO', { ...misfit })
    refusePaths(request.files)
    for (const files of [request.files, request.adapters, request.draftFiles]) needDigests(files)
    const name = parseModelName(request.model)
    if (name === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
    const isStream = request.stream !== false
    answer.refuseAs(isStream ? 'stream' : 'whole')
    await store.create(name, draftOf(service, request), (status) => {
      if (isStream) answer.line(encodeGoJson({ status }))
    })
    const last = encodeGoJson({ status: 'success' })
    if (!isStream) return answer.whole(200, last, 'bareJson')
    answer.line(last)
    answer.end()
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
  return {
    source: sourceOf(request),
    adapters: request.adapters ?? new Map(),
    quantize: request.quantize,
    renderer: request.renderer,
    parser: request.parser,
    requires: request.requires,
    texts: () => textsOf(service, request),
  }
}

function sourceOf({
  from,
  files,
  adapters,
  draftFiles,
  remoteHost,
}: CreateRequest): ModelDraft['source'] {
  const name = from === '' ? undefined : sourceNameIn(from)
  if (name !== undefined && remoteHost !== '') throw new OdError('OD_CREATE_REMOTE')
  if (name === undefined && files === undefined) throw new OdError('OD_CREATE_SOURCE')
  if (adapters?.size === 0) throw new OdError('OD_CREATE_FILE_TYPE')
  if (adapters !== undefined && adapters.size > 1) throw new OdError('OD_CREATE_ADAPTERS')
  if (draftFiles !== undefined) {
    throw new OdError('OD_CREATE_UNSUPPORTED', { what: 'a draft model' })
  }
  return name === undefined ? { files: files ?? new Map() } : { from: name, asked: from }
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
