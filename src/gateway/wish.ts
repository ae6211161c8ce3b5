import type { IncomingHttpHeaders } from 'node:http'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { unpackZstd } from '../sys/zstd.ts'
import { formField } from '../wire/http/form-field.ts'
import { lookedUpName } from '../wire/ollama/model-source.ts'
import { peekRequest } from '../wire/peek.ts'
import type { Route } from './routes.ts'

/** What a body asks for. */
export interface Wish {
  /** As the client spelt it; absent where none is named, and where the body is broken: an engine says so first. */
  readonly name?: string
  /** The canonical name of the model, as far as it can be read. */
  readonly model?: string
  /** The request is to unload the model. */
  readonly isUnload: boolean
  /** The JSON of the body; absent where it is none. */
  readonly json?: Buffer
}

/** Ollama's own bound for what a compressed body holds (ollama-api §1.2). */
const decodedBytesMax = 20 * 1024 * 1024

/** False for a form, and for what is compressed: such a body is looked at whole, in memory. */
export function isPlainJson({ modelIn, dialect }: Route, headers: IncomingHttpHeaders): boolean {
  return modelIn !== 'form' && !isPacked(dialect, headers)
}

function isPacked(dialect: Route['dialect'], headers: IncomingHttpHeaders): boolean {
  return dialect !== 'ollama' && headers['content-encoding'] === 'zstd'
}

/** Reads it; `body` is its bytes, or their outline where it is JSON. What is wrong with a body is for the engine to say. */
export function readWish(
  route: Route,
  { query, headers, body }: { query: string; headers: IncomingHttpHeaders; body: Buffer },
): Wish | Promise<Wish> {
  if (route.modelIn === 'nothing') return { isUnload: false, json: body }
  if (route.modelIn === 'form') {
    const field = formField(headers['content-type'] ?? '', body, 'model')
    return formWish(new URLSearchParams(query).get('model') ?? field) // in Go's order
  }
  if (!isPacked(route.dialect, headers)) return peekWish(route, body)
  return unpackZstd(body, decodedBytesMax).then(
    (json) => peekWish(route, Buffer.from(json.buffer, json.byteOffset, json.byteLength)),
    () => ({ isUnload: false }), // no zstd, or too much of it
  )
}

/** Only Ollama's own routes have `keep_alive` (ollama-api §2.3). */
function peekWish({ dialect }: Route, json: Buffer): Wish {
  const { model: text, empty, keepAliveZero, malformed } = peekRequest(json)
  const isUnload = dialect === 'ollama' && empty === true && keepAliveZero === true
  const model = canonicalOf(text)
  return {
    isUnload,
    json,
    ...(text === undefined || malformed === true ? {} : { name: text }),
    ...(model === undefined ? {} : { model }),
  }
}

function formWish(name: string | undefined): Wish {
  const model = canonicalOf(name)
  return {
    isUnload: false,
    ...(name === undefined ? {} : { name }),
    ...(model === undefined ? {} : { model }),
  }
}

function canonicalOf(text: string | undefined): string | undefined {
  const name = text === undefined ? undefined : parseModelName(lookedUpName(text))
  return name === undefined ? undefined : canonicalName(name)
}
