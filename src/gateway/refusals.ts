import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isErrno } from '../sys/files.ts'
import type { ParserError } from '../wire/http/unreadable.ts'
import { type Answer, requestIdHeader } from './answer.ts'
import type { GatewayContext } from './context.ts'
import type { DroppedConnections } from './dropped.ts'
import { notFoundAnswer } from './edge.ts'
import type { Exchange } from './exchange.ts'
import { answerBrokenBody, answerParserError } from './parser-errors.ts'

/**
 * Ends connections on which no request could be read. Each leaves one line in the log; where a request had begun and its
 * body broke, that is the request's own line.
 */
export class Refusals {
  readonly #newest = new WeakMap<Duplex, Exchange>()
  /** Connections that are ending, and what to do when more comes on one. */
  readonly #refused = new WeakMap<Duplex, () => void>()
  readonly #context: GatewayContext
  readonly #dropped: DroppedConnections

  constructor(context: GatewayContext, dropped: DroppedConnections) {
    this.#context = context
    this.#dropped = dropped
  }

  /**
   * Must hear of every exchange, so that what breaks in the middle of one is answered as its answer. Gives the one before it on
   * the same connection.
   */
  began(exchange: Exchange): Exchange | undefined {
    const { socket } = exchange.request
    const before = this.#newest.get(socket)
    this.#newest.set(socket, exchange)
    return before
  }

  /** True once the connection ends with the newest request's answer: what comes behind is not looked at (RFC 9112 §9.6). */
  isEnding(socket: Duplex): boolean {
    return this.#newest.get(socket)?.response.shouldKeepAlive === false
  }

  /** CONNECT, after which the connection is no longer HTTP. Answered as Ollama answers it: a tunnel is no path of ours. */
  refuseTunnel(socket: Duplex): void {
    socket.on('error', () => {}) // nobody else listens any more; the end is seen by its time
    socket.resume()
    if (this.isEnding(socket)) return
    const newest = this.#newest.get(socket)
    const refuse = () => this.#refuse(socket, notFoundAnswer, 'CONNECT')
    if (newest === undefined || newest.response.writableFinished) refuse()
    else newest.response.once('finish', refuse) // after the answers that are still to come
  }

  /** Bytes that the parser refused, or that did not come in time. */
  refuseBytes(error: ParserError, socket: Duplex): void {
    if (isErrno(error, 'ECONNRESET') || !(socket.writable || this.#refused.has(socket))) {
      socket.destroy() // the client has left
      return
    }
    const isMore = this.#refused.get(socket)
    if (isMore !== undefined) return isMore()
    if (isSilent(socket)) {
      this.#dropped.count('silent') // nothing was asked, so that there is nothing to answer
      socket.destroy()
      return
    }
    const { limits } = this.#context
    const answer = answerParserError(error, limits)
    const newest = this.#newest.get(socket)
    if (newest === undefined || newest.response.writableFinished) {
      this.#refuse(socket, answer, error.code)
    } else if (newest.request.complete) {
      // It stands behind requests that are still being answered, and gets its own answer after theirs.
      this.#refused.set(socket, () => {})
      newest.response.once('finish', () => this.#refuse(socket, answer, error.code))
    } else if (newest.response.headersSent) {
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') socket.destroy() // it was told, and goes on sending
    } else if (newest.response.socket === null) {
      // As above, but its answer has a place already, and comes to it when those before have gone out.
      this.#refused.set(socket, () => {})
      newest.response.once('socket', () => this.#refuseNewest(newest, socket, error))
    } else {
      this.#refuseNewest(newest, socket, error)
    }
  }

  /** In the place of the answer to the request that broke, unless that has an answer by now. */
  #refuseNewest(newest: Exchange, socket: Duplex, error: ParserError): void {
    if (newest.response.headersSent) return
    const answer = answerBrokenBody(error, newest.request, this.#context.limits)
    newest.refusal = { status: answer.status, cause: error.code }
    this.#end(
      socket,
      newest.request.method === 'HEAD' ? { ...answer, body: '' } : answer,
      newest.id,
    )
  }

  #refuse(socket: Duplex, answer: Answer, cause: string | undefined): void {
    const { log, newId } = this.#context
    const requestId = newId()
    this.#end(socket, answer, requestId)
    log.info({ requestId, status: answer.status, cause }, 'request.refused')
  }

  /**
   * The answer goes out past whatever works on the connection, which learns by its end that the client is gone. It ends
   * when the client stops sending, as `linger` in answer.ts, or has gone on for as long as headers may take.
   */
  #end(socket: Duplex, answer: Answer, requestId: string): void {
    const { clock, limits } = this.#context
    const end = () => void socket.destroy()
    const endMs = clock.nowMs() + limits.headersMs
    let cancel = clock.after(limits.lingerMs, end)
    this.#refused.set(socket, () => {
      if (clock.nowMs() >= endMs) return
      cancel()
      cancel = clock.after(limits.lingerMs, end)
    })
    socket.once('close', () => cancel())
    const date = new Date(clock.wallMs()).toUTCString()
    if (socket.writable) writeRawAnswer(socket, answer, { requestId, date })
  }
}

/** True when the client never sent a byte. */
function isSilent(socket: Duplex): boolean {
  return 'bytesRead' in socket && (socket as Socket).bytesRead === 0
}

/** Writes an answer onto a connection for which no request exists, and ends it. */
function writeRawAnswer(
  socket: Duplex,
  answer: Answer,
  { requestId, date }: { readonly requestId: string; readonly date: string },
): void {
  const head = [
    `HTTP/1.1 ${answer.status} ${answer.reason ?? STATUS_CODES[answer.status] ?? ''}`,
    ...(answer.contentType === undefined ? [] : [`Content-Type: ${answer.contentType}`]),
    `${requestIdHeader}: ${requestId}`,
    ...(answer.reason === undefined
      ? [`Content-Length: ${Buffer.byteLength(answer.body)}`, `Date: ${date}`]
      : []),
    ...(answer.closes === false ? [] : ['Connection: close']),
  ]
  const { headers = [] } = answer
  for (let i = 0; i + 1 < headers.length; i += 2) head.push(`${headers[i]}: ${headers[i + 1]}`)
  socket.end(`${head.join('\r\n')}\r\n\r\n${answer.body}`)
}
