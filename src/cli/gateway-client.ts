import { Agent, type Dispatcher, request } from 'undici'
import { isOdError, OdError } from '../core/errors/index.ts'
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
  delete(path: string): Promise<ApiObject>
  /**
   * The objects of a streamed answer as they come; waits for ever, because a model may take that long to load. A line
   * with `error` is thrown as `OD_CLI_ANSWER_FAILED`, an end without `done` or Ollama's `success` as `OD_CLI_ANSWER_CUT`. Once the signal fires,
   * the connection is closed, which tells the engine to stop, and the stream ends without a word.
   */
  stream(path: string, body: ApiObject, signal: AbortSignal): AsyncGenerator<ApiObject>
}

/** Finds the gateway that this call is about and prepares to talk to it. Throws as `findGateway` does. */
export async function openGateway(call: Call): Promise<GatewayClient> {
  return connect(await findGateway(call))
}

function connect(gateway: FoundGateway): GatewayClient {
  const agent = new Agent({ connect: { timeout: limits.connectMs }, bodyTimeout: 0 })
  const { url } = gateway
  const ask = async (path: string, options: AskOptions): Promise<Dispatcher.ResponseData> => {
    const { method, body, signal, headersMs } = options
    const answer = await request(`${url}${path}`, {
      dispatcher: agent,
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      headersTimeout: headersMs,
    }).catch((error: unknown) => {
      throw wordedFor(gateway, connectionError(error, url, headersMs))
    })
    if (answer.statusCode < 400) return answer
    const text = await readText(answer.body, url)
    throw wordedFor(gateway, answerError(answer.statusCode, text, url))
  }
  const whole = async (
    method: AskOptions['method'],
    path: string,
    body?: ApiObject,
  ): Promise<ApiObject> => {
    const answer = await ask(path, { method, body, headersMs: limits.listMs })
    const value = parseObject(await readText(answer.body, url))
    if (value !== undefined) return value
    throw new OdError('OD_CLI_NOT_A_GATEWAY', { url, reason: 'it does not answer in JSON' })
  }
  return {
    ...gateway,
    get: (path) => whole('GET', path),
    post: (path, body) => whole('POST', path, body),
    put: (path, body) => whole('PUT', path, body),
    delete: (path) => whole('DELETE', path),
    async *stream(path, body, signal) {
      try {
        const answer = await ask(path, { method: 'POST', body, signal, headersMs: 0 })
        yield* answerObjects(answer.body, url)
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
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body: ApiObject | undefined
  readonly signal?: AbortSignal
  /** 0 waits for ever. */
  readonly headersMs: number
}

async function* answerObjects(
  body: AsyncIterable<Uint8Array>,
  url: string,
): AsyncGenerator<ApiObject> {
  let isDone = false
  try {
    for await (const object of readObjects(body, limits.answerBytesMax)) {
      const { error } = object
      if (error !== undefined) {
        const reason = typeof error === 'string' ? error : JSON.stringify(error)
        throw new OdError('OD_CLI_ANSWER_FAILED', { reason })
      }
      isDone = object['done'] === true || object['status'] === 'success'
      yield object
    }
  } catch (error) {
    throw brokenAnswer(error, url)
  }
  if (!isDone) throw new OdError('OD_CLI_ANSWER_CUT', { url })
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
