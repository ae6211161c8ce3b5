import { Readable } from 'node:stream'
import { Agent, type Dispatcher, request } from 'undici'
import { isOdError, OdError } from '../core/errors/index.ts'
import { fileBytesHeader } from '../wire/http/file-bytes.ts'
import { answerError, connectionError } from './answer-error.ts'
import type { Call } from './command.ts'
import { type FoundGateway, findGateway } from './find-gateway.ts'
import { limits } from './limits.ts'
import { LineError, parseObject, readObjects } from './ndjson.ts'

/** An object of the API, as it came. */
export type ApiObject = Record<string, unknown>

/** A gateway, or an Ollama, as commands see it. Every method throws an `OdError` when there is no good answer. */
export interface GatewayClient extends FoundGateway {
  /** A whole answer to a question without a body. */
  get(path: string): Promise<ApiObject>
  /** A whole answer to a request of another method. */
  post(path: string, body?: ApiObject): Promise<ApiObject>
  put(path: string, body: ApiObject): Promise<ApiObject>
  delete(path: string, body?: ApiObject): Promise<ApiObject>
  /**
   * Sends a file's bytes in that order, for as long as it takes, and gives what is answered. Throws what the source throws.
   */
  upload(path: string, file: UploadedFile, signal: AbortSignal): Promise<ApiObject>
  /** A file that is answered, as it comes, and how many bytes are in it or a little less. */
  download(path: string, body: ApiObject, signal: AbortSignal): Promise<DownloadedFile>
  /** Whether what the path names is there: 200, or 404. */
  has(path: string): Promise<boolean>
  /**
   * The objects of a streamed answer as they come; waits for ever, because a model may take that long to load. A line with
   * `error` is thrown as `OD_CLI_ANSWER_FAILED`, or `OD_CLI_WORK_FAILED` where models are worked on; an end without the last
   * line, `done` or `"status":"success"`, as `OD_CLI_ANSWER_CUT`. Once the signal fires, the connection is closed, which
   * tells the engine to stop, and the stream ends without a word.
   */
  stream(
    path: string,
    body: ApiObject,
    signal: AbortSignal,
    last?: LastLine,
  ): AsyncGenerator<ApiObject>
}

/** A file on its way to a gateway. */
export interface UploadedFile {
  readonly sizeBytes: number
  readonly chunks: AsyncIterable<Uint8Array>
}

/** A file on its way from a server. */
export interface DownloadedFile {
  readonly totalBytes: number
  readonly chunks: AsyncIterable<Uint8Array>
}

/** How a streamed answer says that it is whole: answers of models, and work on models. */
type LastLine = 'done' | 'success'

/** Finds the gateway that this call is about and prepares to talk to it. Throws as `findGateway` does. */
export async function openGateway(call: Call): Promise<GatewayClient> {
  return connect(await findGateway(call))
}

function connect(gateway: FoundGateway): GatewayClient {
  const agent = new Agent({ connect: { timeout: limits.connectMs }, bodyTimeout: 0 })
  const { url } = gateway
  const ask = async (path: string, options: AskOptions): Promise<Dispatcher.ResponseData> => {
    const { method, body, signal, headersMs, isWork } = options
    const answer = await request(`${url}${path}`, {
      dispatcher: agent,
      method,
      headers: { accept: 'application/json', ...headersOf(body) },
      body: bodyOf(body),
      signal: signal ?? null,
      headersTimeout: headersMs,
    }).catch((error: unknown) => {
      throw wordedFor(gateway, connectionError(error, url, headersMs))
    })
    if (answer.statusCode < 400) return answer
    if (method === 'HEAD' && answer.statusCode === 404) return answer
    const text = await readText(answer.body, url)
    throw wordedFor(gateway, answerError(answer.statusCode, text, url, isWork))
  }
  const whole = async (
    method: AskOptions['method'],
    path: string,
    body?: ApiObject,
  ): Promise<ApiObject> => {
    const answer = await ask(path, { method, body, headersMs: limits.listMs })
    const text = await readText(answer.body, url)
    if (text === '' && method !== 'GET') return {} // as Ollama answers a copy and a delete
    const value = parseObject(text)
    if (value !== undefined) return value
    throw new OdError('OD_CLI_NOT_A_GATEWAY', { url, reason: 'it does not answer in JSON' })
  }
  return {
    ...gateway,
    get: (path) => whole('GET', path),
    post: (path, body) => whole('POST', path, body),
    put: (path, body) => whole('PUT', path, body),
    delete: (path, body) => whole('DELETE', path, body),
    async upload(path, file, signal) {
      const answer = await ask(path, { method: 'POST', body: file, signal, headersMs: 0 })
      return parseObject(await readText(answer.body, url)) ?? {}
    },
    async download(path, body, signal) {
      const answer = await ask(path, { method: 'POST', body, signal, headersMs: 0 })
      const totalBytes = Number(answer.headers[fileBytesHeader] ?? 0)
      return { totalBytes, chunks: chunksOf(answer.body, url) }
    },
    async has(path) {
      const answer = await ask(path, { method: 'HEAD', body: undefined, headersMs: limits.listMs })
      await answer.body.dump()
      return answer.statusCode === 200
    },
    async *stream(path, body, signal, last = 'done') {
      try {
        const isWork = last === 'success'
        const answer = await ask(path, { method: 'POST', body, signal, headersMs: 0, isWork })
        yield* answerObjects(answer.body, url, last)
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },
  }
}

/** Where the address was only a guess, nobody wants to hear what a stranger at that port answers. */
function wordedFor({ ifAbsent }: FoundGateway, error: unknown): unknown {
  const codes: readonly string[] = ['OD_CLI_UNREACHABLE', 'OD_CLI_NOT_A_GATEWAY']
  return ifAbsent !== undefined && isOdError(error) && codes.includes(error.code) ? ifAbsent : error
}

interface AskOptions {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly body: ApiObject | UploadedFile | undefined
  readonly signal?: AbortSignal
  /** 0 waits for ever. */
  readonly headersMs: number
  /** Models are worked on. */
  readonly isWork?: boolean
}

function isFile(body: ApiObject | UploadedFile): body is UploadedFile {
  return 'chunks' in body
}

function headersOf(body: AskOptions['body']): Record<string, string> {
  if (body === undefined || !isFile(body)) return { 'content-type': 'application/json' }
  return {
    'content-type': 'application/octet-stream',
    'content-length': String(body.sizeBytes),
  }
}

function bodyOf(body: AskOptions['body']): string | Readable | null {
  if (body === undefined) return null
  return isFile(body) ? Readable.from(body.chunks, { objectMode: false }) : JSON.stringify(body)
}

async function* answerObjects(
  body: AsyncIterable<Uint8Array>,
  url: string,
  last: LastLine,
): AsyncGenerator<ApiObject> {
  let isDone = false
  try {
    for await (const object of readObjects(body, limits.answerBytesMax)) {
      const { error } = object
      if (error !== undefined) {
        const reason = typeof error === 'string' ? error : JSON.stringify(error)
        throw new OdError(last === 'done' ? 'OD_CLI_ANSWER_FAILED' : 'OD_CLI_WORK_FAILED', {
          reason,
        })
      }
      isDone = last === 'done' ? object['done'] === true : object['status'] === 'success'
      yield object
    }
  } catch (error) {
    throw brokenAnswer(error, url)
  }
  if (!isDone) throw new OdError('OD_CLI_ANSWER_CUT', { url })
}

async function* chunksOf(body: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw brokenAnswer(error, url)
  }
}

function brokenAnswer(error: unknown, url: string): unknown {
  if (error instanceof LineError) {
    const reason = `its answer has ${error.message}`
    return new OdError('OD_CLI_NOT_A_GATEWAY', { url, reason }, { cause: error })
  }
  return connectionError(error, url, 0)
}

async function readText(body: AsyncIterable<Uint8Array>, url: string): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const part of body) {
      bytes += part.length
      if (bytes > limits.answerBytesMax) throw new LineError('more bytes than any answer has')
      parts.push(part)
    }
  } catch (error) {
    throw brokenAnswer(error, url)
  }
  return Buffer.concat(parts).toString('utf8')
}
