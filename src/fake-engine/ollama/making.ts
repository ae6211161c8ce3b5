/** Files that are sent in, and models that are made of them. */
import { createHash } from 'node:crypto'
import { types } from './answer.ts'
import type { Call } from './call.ts'
import { Failure } from './failure.ts'
import { decodeBody } from './json-decode.ts'
import { goJson } from './json-encode.ts'
import { type Entry, type Library, sha256 } from './library.ts'
import { parseName } from './names.ts'
import { createFields } from './requests.ts'

/** Takes a file in; its address ends in its digest. */
export function handleBlobPost({ server: { library }, answer, body, record }: Call): void {
  const asked = digestIn(record.target)
  if (library.blobs.has(asked.replace('-', ':'))) return answer.whole(200, [], '')
  const actual = `sha256:${createHash('sha256').update(body).digest('hex')}`
  library.blobs.add(actual) // under its true name, whatever was asked for
  if (actual === asked) return answer.whole(201, [], '')
  const [expected, got] = [asked, actual].map((text) => JSON.stringify(text))
  throw new Failure(400, `digest mismatch, expected ${expected}, got ${got}`)
}

export function handleBlobHead({ server: { library }, answer, record }: Call): void {
  const asked = digestIn(record.target)
  if (library.blobs.has(asked.replace('-', ':'))) return answer.headOnly(200, [])
  throw new Failure(404, `blob ${JSON.stringify(asked)} not found`)
}

/** Makes a model from another one, or from a file whatever is in it. What is not here is not pulled. */
export async function handleCreate({ server, answer, body, signal }: Call): Promise<void> {
  const request = decodeBody(body, 'CreateRequest', createFields)
  const name = parseName(request.model || request.name || '')
  if (name === undefined) throw new Failure(400, 'invalid model name')
  const digests = Object.values(request.files ?? {}).map(String)
  const lines: object[] = []
  let base: Entry | undefined
  if (request.from) base = entryNamed(server.library, request.from)
  else {
    if (digests[0] === undefined) throw new Failure(400, "neither 'from' or 'files' was specified")
    lines.push({ status: 'parsing GGUF' })
    const absent = digests.find((digest) => !server.library.blobs.has(digest))
    if (absent === undefined) base = entryOf(digests[0])
    else lines.push({ error: `open ${absent.replace(':', '-')}: no such file or directory` })
  }
  if (base !== undefined) {
    const digest = sha256(base.digest + goJson(request.system ?? ''))
    const model = { ...base.model, ...(request.system ? { system: request.system } : {}) }
    server.library.put({ ...base, name, model, digest, modifiedMs: server.clock.wallMs() })
    lines.push({ status: 'writing manifest' }, { status: 'success' })
  }
  if (request.stream === false) {
    const last = lines.at(-1) ?? {}
    answer.whole('error' in last ? 500 : 200, [['Content-Type', types.jsonBare]], goJson(last))
    return
  }
  answer.begin(200, types.ndjson)
  for (const line of lines) await answer.chunk(`${goJson(line)}\n`, signal)
  answer.end()
}

function digestIn(target: string): string {
  const text = decodeURIComponent(target.split('?')[0]?.split('/').pop() ?? '')
  if (!/^sha256[:-][0-9a-fA-F]{64}$/.test(text)) throw new Failure(400, 'invalid digest format')
  return text
}

function entryNamed(library: Library, text: string): Entry {
  const name = parseName(text)
  if (name === undefined) throw new Failure(400, 'invalid model name')
  const entry = library.find(name)
  if (entry === undefined) throw new Failure(404, `model '${text}' not found`)
  return entry
}

function entryOf(blob: string): Entry {
  const name = { host: '', namespace: '', model: '', tag: '' }
  const weights = blob.slice('sha256:'.length)
  return { name, model: { name: '' }, digest: weights, weights, modifiedMs: 0 }
}
