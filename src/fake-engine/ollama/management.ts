/** Lists and changes of what is stored. */
import { types } from './answer.ts'
import type { Call, Server } from './call.ts'
import { Failure } from './failure.ts'
import { decodeBody } from './json-decode.ts'
import { goJson, goTime } from './json-encode.ts'
import { detailsOf, type Entry, sizeOf } from './library.ts'
import { lookUp, wordings } from './lookup.ts'
import { type ModelName, parseName, shortName, sourceOf } from './names.ts'
import { copyFields, deleteFields, showFields, transferFields } from './requests.ts'
import type { Runner } from './runner.ts'
import { showModel } from './show.ts'

/** Memory of one token of context, as the model of the recorded answers needs it. */
const contextBytesPerToken = 23_040

export function handleTags({ server, answer }: Call): void {
  const models = server.library.list().map((entry) => ({
    name: shortName(entry.name),
    model: shortName(entry.name),
    modified_at: goTime(entry.modifiedMs),
    size: sizeOf(entry.model),
    digest: entry.digest,
    details: detailsOf(entry.model, ''),
  }))
  answer.object({ models })
}

export function handlePs({ server, answer, record }: Call): void {
  const loaded = server.scheduler.list()
  const shown = withLies(loaded, server)
  const isTrue = shown.length === loaded.length && shown.every((one, at) => one === loaded[at])
  if (!isTrue) server.journal.struck(record, 'psLies')
  const models = shown.map(({ entry, expiresMs, numCtx }) => ({
    name: shortName(entry.name),
    model: shortName(entry.name),
    size: sizeOf(entry.model) + numCtx * contextBytesPerToken,
    digest: entry.digest,
    details: detailsOf(entry.model, ''),
    expires_at: goTime(expiresMs),
    size_vram: 0,
    context_length: numCtx,
  }))
  answer.object({ models })
}

type Shown = Pick<Runner, 'entry' | 'expiresMs' | 'numCtx'>

/** What `/api/ps` shows: what is loaded, without what is to be hidden, and with what is to be made up. */
function withLies(loaded: readonly Shown[], { library, faults, clock }: Server): readonly Shown[] {
  const { adds = [], hides = [] } = faults.psLies
  const isAmong = (names: readonly string[], entry: Entry) =>
    names.some((name) => {
      const parsed = parseName(name)
      return parsed !== undefined && library.find(parsed) === entry
    })
  const made = library
    .list()
    .filter((entry) => isAmong(adds, entry) && loaded.every((one) => one.entry !== entry))
    .map((entry) => ({ entry, expiresMs: clock.wallMs() + 300_000, numCtx: 4096 }))
  return [...loaded.filter(({ entry }) => !isAmong(hides, entry)), ...made]
}

export function handleVersion({ server, answer }: Call): void {
  answer.object({ version: server.version })
}

export function handleRoot({ answer }: Call): void {
  answer.whole(200, [['Content-Type', types.plainUtf8]], 'Ollama is running')
}

export function handleShow({ server, answer, body }: Call): void {
  const request = decodeBody(body, 'ShowRequest', showFields)
  const asSent = request.model || request.name || ''
  const entry = lookUp(server.library, asSent, wordings.show)
  const model = request.system ? { ...entry.model, system: request.system } : entry.model
  answer.object(showModel(entry, model))
}

export function handleCopy({ server, answer, body }: Call): void {
  const { source = '', destination = '' } = decodeBody(body, 'CopyRequest', copyFields)
  const from = nameOr400(source, `source ${JSON.stringify(source)} is invalid`)
  const to = nameOr400(destination, `destination ${JSON.stringify(destination)} is invalid`)
  const entry = server.library.find(from)
  if (entry === undefined) throw new Failure(404, `model ${JSON.stringify(source)} not found`)
  server.library.put({ ...entry, name: to, modifiedMs: server.clock.wallMs() })
  answer.whole(200, [], '')
}

export function handleDelete({ server, answer, body }: Call): void {
  const request = decodeBody(body, 'DeleteRequest', deleteFields)
  const asSent = request.model || request.name || ''
  refuseBothSuffixes(asSent)
  if (asSent.trim() === '') throw new Failure(400, 'model is required')
  const name = nameOr400(asSent.trim(), `name ${JSON.stringify(asSent)} is invalid`)
  const entry = server.library.find(name)
  if (entry === undefined) throw new Failure(404, `model '${asSent}' not found`)
  server.library.remove(entry)
  answer.whole(200, [], '')
}

/** Every name of the default registry can be had; its model is a copy of the first one that the fake was given. */
export async function handlePull({ server, answer, body, signal }: Call): Promise<void> {
  const request = decodeBody(body, 'PullRequest', transferFields)
  const asSent = request.model || request.name || ''
  refuseBothSuffixes(asSent)
  const name = nameOr400(asSent.trim(), 'invalid model name')
  const pattern = server.library.list().at(-1)
  const isThere = pattern !== undefined && name.host === 'registry.ollama.ai'
  const missing = { error: 'pull model manifest: file does not exist' }
  if (request.stream === false) {
    const last = isThere ? { status: 'success' } : missing
    if (isThere) server.library.put({ ...pattern, name, modifiedMs: server.clock.wallMs() })
    answer.whole(isThere ? 200 : 500, [['Content-Type', types.jsonBare]], goJson(last))
    return
  }
  const digest = `sha256:${pattern?.weights}`
  const total = pattern === undefined ? 0 : sizeOf(pattern.model)
  const status = `pulling ${digest.slice(7, 19)}`
  const layer = [undefined, Math.floor(total / 2), total].map((completed) => ({
    status,
    digest,
    total,
    completed,
  }))
  const after = ['verifying sha256 digest', 'writing manifest', 'success']
  answer.begin(200, types.ndjson)
  const progress = isThere ? [...layer, ...after.map((word) => ({ status: word }))] : [missing]
  for (const line of [{ status: 'pulling manifest' }, ...progress]) {
    await answer.chunk(`${goJson(line)}\n`, signal)
  }
  if (isThere) server.library.put({ ...pattern, name, modifiedMs: server.clock.wallMs() })
  answer.end()
}

function refuseBothSuffixes(asSent: string): void {
  if (sourceOf(asSent.trim()).type !== 'both') return
  throw new Failure(400, `use either :local or :cloud, not both: ${JSON.stringify(asSent)}`)
}

function nameOr400(text: string, complaint: string): ModelName {
  const name = parseName(text)
  if (name === undefined) throw new Failure(400, complaint)
  return name
}
