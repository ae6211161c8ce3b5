/** Sends a model to its registry, as far as a client can see of it. */
import { types } from './answer.ts'
import type { Call } from './call.ts'
import { Failure } from './failure.ts'
import { decodeBody } from './json-decode.ts'
import { goJson } from './json-encode.ts'
import { type Entry, sizeOf } from './library.ts'
import { fullName, type ModelName, parseName } from './names.ts'
import { transferFields } from './requests.ts'

/** A registry on this port of the loopback address refuses connections; every other one takes whatever it is sent. */
const deadHost = '127.0.0.1:1'

/**
 * Streams its progress, or tells the end of it. As in Ollama all that is wrong with a name that is not empty comes under status
 * 200 when it is streamed, and under 500 otherwise.
 */
export async function handlePush({ server, answer, body, signal }: Call): Promise<void> {
  const request = decodeBody(body, 'PushRequest', transferFields)
  const asSent = request.model || request.name || ''
  if (asSent === '') throw new Failure(400, 'model is required')
  const name = parseName(asSent)
  const entry = name === undefined ? undefined : server.library.find(name)
  const lines = [{ status: 'retrieving manifest' }, ...linesOf(asSent, name, entry, request)]
  if (request.stream === false) {
    const last = lines.at(-1) ?? {}
    answer.whole('error' in last ? 500 : 200, [['Content-Type', types.jsonBare]], goJson(last))
    return
  }
  answer.begin(200, types.ndjson)
  for (const line of lines) await answer.chunk(`${goJson(line)}\n`, signal)
  answer.end()
}

function linesOf(
  asSent: string,
  name: ModelName | undefined,
  entry: Entry | undefined,
  { insecure }: { readonly insecure?: boolean | undefined },
): object[] {
  const unread = { status: "couldn't retrieve manifest" }
  if (name === undefined) return [unread, { error: `unqualified name: ${qualified(asSent)}` }]
  if (entry === undefined) {
    const path = fullName(name).replace(/:([^:/]*)$/, '/$1')
    return [unread, { error: `open <dir>/manifests/${path}: no such file or directory` }]
  }
  const digest = `sha256:${entry.weights}`
  if (name.host === deadHost) {
    const scheme = insecure === true ? 'http' : 'https'
    const url = `${scheme}://${deadHost}/v2/${name.namespace}/${name.model}/blobs/${digest}`
    const why = `dial tcp ${deadHost}: connect: connection refused`
    return [{ error: `Head ${JSON.stringify(url)}: ${why}` }]
  }
  const total = sizeOf(entry.model)
  const layer = { status: `pushing ${entry.weights.slice(0, 12)}`, digest, total }
  return [
    layer,
    { ...layer, completed: total },
    { status: 'pushing manifest' },
    { status: 'success' },
  ]
}

/** What Ollama makes of a text that is no name: its parts, and defaults where there are none. */
function qualified(asSent: string): string {
  if (asSent.endsWith('/')) return `registry.ollama.ai/${asSent}!MISSING!:latest`
  return `registry.ollama.ai/library/${asSent}:latest`
}
