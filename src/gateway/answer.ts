import { type ErrorCode, type ErrorParameters, OdError } from '../core/errors/index.ts'
import type { Clock } from '../sys/clock.ts'
import { answerInHttp10, isHttp10 } from '../sys/http10.ts'
import { encodeGoJson } from '../wire/go-json/index.ts'
import { type Unreadable, unreadableType } from '../wire/http/unreadable.ts'
import type { Exchange } from './exchange.ts'
import { headerValue } from './headers.ts'
import type { GatewayLimits } from './limits.ts'
import type { Route } from './routes.ts'

/** A whole answer that the gateway makes itself. */
export interface Answer {
  readonly status: number
  /** Absent where the body is empty. */
  readonly contentType?: string
  readonly body: string
  /** Further headers, names and values in turn. */
  readonly headers?: readonly string[]
  /** True when the connection must end with it; false where it ends and the client knows. */
  readonly closes?: boolean
  /** True when it goes out in chunks where Ollama's would: above what Go's server buffers. */
  readonly isStreamed?: boolean
  /** Behind the status in the first line, of what is no request: as Go's refusals of it, its body ends with the connection, and it has no date. */
  readonly reason?: string
}

/** One whose body is what it is, byte for byte. */
export type FileAnswer = Omit<Answer, 'body'> & { readonly body: Uint8Array }

export const jsonType = 'application/json; charset=utf-8'
export const textType = 'text/plain; charset=utf-8'

/** Go's server buffers so much to learn an answer's length; beyond it the answer goes out chunked. */
const lengthKnownBytesMax = 2048

/** The header that every answer carries; it names the request in the log. */
export const requestIdHeader = 'x-od-request-id'

/** An error of the catalogue in Ollama's form: one JSON object with the text. Source: ollama-api §1.3. */
export function errorAnswer(error: OdError): Answer {
  return {
    status: error.httpStatus,
    contentType: jsonType,
    body: encodeGoJson({ error: error.message }),
  }
}

/** As `errorAnswer`, from the code, for refusals after which the connection ends. */
export function refusal(code: ErrorCode, parameters: ErrorParameters = {}): Answer {
  return { ...errorAnswer(new OdError(code, parameters)), closes: true }
}

/** Of what is no request, or none that can be served. */
export function unreadableAnswer(unreadable: Unreadable): Answer {
  return { ...unreadable, contentType: unreadableType, closes: true }
}

/** Sends a whole answer. Where a body is left unread, what still comes of it is dropped and the connection ends. */
export function sendAnswer(
  exchange: Exchange,
  answer: Answer | FileAnswer,
  options: { clock: Clock; limits: GatewayLimits },
): void {
  const { request, response } = exchange
  if (response.headersSent || response.destroyed) return
  const leavesBody = isBodyLeft(exchange, options.limits)
  const length = Buffer.byteLength(answer.body)
  const headers = [
    ...(answer.contentType === undefined ? [] : ['Content-Type', answer.contentType]),
    ...(answer.headers ?? []),
    requestIdHeader,
    exchange.id,
    ...(hasLength(exchange, answer) ? ['Content-Length', String(length)] : []),
  ]
  response.useChunkedEncodingByDefault = answer.reason === undefined
  if (answer.reason !== undefined) {
    response.sendDate = false
    response.statusMessage = answer.reason
  }
  beginAnswer(exchange, answer.status, headers, answer.closes === true || leavesBody)
  exchange.bodyBytes = request.method === 'HEAD' ? 0 : length
  if (!leavesBody) return void response.end(answer.body)
  linger(exchange, answer.body, options)
  if (answer.reason !== undefined) endSending(exchange)
}

/** As Go's server: not where there can be no body, and not for HEAD where none was written. */
function hasLength({ request }: Exchange, answer: Answer | FileAnswer): boolean {
  const { status, body, reason } = answer
  if (reason !== undefined) return false // the end of the connection tells the body's
  if (answer.isStreamed === true && Buffer.byteLength(body) > lengthKnownBytesMax) return false
  return status !== 204 && (body.length > 0 || request.method !== 'HEAD')
}

/** Our half of the connection ends; what still comes on the other is waited for. */
function endSending({ response }: Exchange): void {
  const end = () => void response.socket?.end()
  if (response.socket !== null) end()
  else response.once('socket', () => setImmediate(end)) // what was written before it had its turn goes out in this one
}

/**
 * Writes status and headers. Node's own `Connection` and `Keep-Alive` headers are left out, as Go leaves them out, where
 * the version says the same by itself. Where Ollama asks for a stream to be kept open, so does the gateway (ollama-api §11).
 */
export function beginAnswer(
  { request, response, route, grants, wasLetSend }: Exchange,
  status: number,
  headers: readonly string[],
  closes = false,
): void {
  const all = [...grants, ...headers]
  if (closes) response.shouldKeepAlive = false // Node reads the header only
  // With an answer to a client that was to be told to go on, and was not, Node ends the connection, and its header says so.
  const isSettled = request.headers.expect === undefined || wasLetSend === true
  if (isHttp10(request)) {
    answerInHttp10(response)
  } else if (closes) {
    all.push('Connection', 'close')
  } else if (response.shouldKeepAlive && isSettled) {
    response.removeHeader('connection')
    if (isEventStream(route, headers)) all.push('Connection', 'keep-alive')
  }
  response.writeHead(status, all)
}

/** On these routes Ollama sets `Cache-Control` and `Connection` together; the second concerns one connection only. */
function isEventStream(route: Route | undefined, headers: readonly string[]): boolean {
  if (route === undefined || route.dialect === 'ollama') return false
  return headerValue(headers, 'cache-control') === 'no-cache'
}

/** True when a body was announced that is not read to its end and is too long, or of unknown length, to drop. */
export function isBodyLeft({ request }: Exchange, limits: GatewayLimits): boolean {
  if (request.complete) return false
  const { 'transfer-encoding': coding, expect } = request.headers
  if (coding !== undefined || expect !== undefined) return true // whether the second still sends it is its own choice
  return Number(request.headers['content-length'] ?? 0) > limits.droppedBodyBytesMax
}

/**
 * The answer goes out at once, the connection ends when the client stops sending: closing before would reset it, and the
 * client would never see the answer (nginx calls this lingering close). The time that a body has bounds it.
 */
export function linger(
  { request, response }: Exchange,
  body: string | Uint8Array,
  { clock, limits: { lingerMs, bodyMs } }: { clock: Clock; limits: GatewayLimits },
): void {
  response.flushHeaders()
  if (body.length > 0) response.write(body)
  const end = () => void response.end()
  let cancel = clock.after(lingerMs, end)
  const cancelWhole = clock.after(bodyMs, end)
  request.on('data', () => {
    cancel()
    cancel = clock.after(lingerMs, end)
  })
  request.once('end', end)
  response.once('close', () => {
    cancel()
    cancelWhole()
  })
}
