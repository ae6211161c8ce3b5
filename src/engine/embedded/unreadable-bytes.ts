/** Answers bytes that Node's parser refused as Ollama's server would, and ends the connection. */
import { type IncomingMessage, METHODS, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../sys/clock.ts'
import { encodeGoJson } from '../../wire/go-json/index.ts'
import { readTarget } from '../../wire/http/target.ts'
import {
  brokenBody,
  type ParserError,
  requestOfUnknownMethod,
  saysClose,
  unreadableBytes,
  unreadableType,
} from '../../wire/http/unreadable.ts'
import { contentTypes } from '../../wire/ollama/responses.ts'
import { type RouteTable, routeFor } from './route-table.ts'

/** Longer targets lead nowhere. */
const lineBytesMax = 8 * 1024

const closing = 'Connection: close'

export class UnreadableBytes {
  readonly #newest = new WeakMap<Duplex, ServerResponse>()
  readonly #routes: RouteTable
  readonly #clock: Clock

  constructor(routes: RouteTable, clock: Clock) {
    this.#routes = routes
    this.#clock = clock
  }

  /** Must hear of every request: what comes behind one is refused after its answer. */
  answering({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#newest.set(socket, response)
  }

  /** For the server's `clientError`. */
  refuse(error: ParserError, socket: Duplex): void {
    if (!socket.writable) {
      socket.destroy()
      return
    }
    const before = this.#newest.get(socket)
    const send = () => this.#refuseMethod(error, socket) || this.#refuseBytes(error, socket)
    if (before === undefined || before.writableFinished) send()
    else if (before.req.complete) before.once('finish', send)
    else if (before.headersSent) socket.destroy()
    else send()
  }

  /** To Ollama a method that nobody knows is a wrong one like any other. False when the method is not at fault. */
  #refuseMethod(error: ParserError, socket: Duplex): boolean {
    const asked = requestOfUnknownMethod(error, lineBytesMax)
    const path = asked === undefined ? undefined : readTarget(asked.target)?.path
    if (asked === undefined || path === undefined || METHODS.includes(asked.method)) return false
    const match = routeFor(this.#routes, asked.method, path)
    const isKnown = match?.type === 'otherMethod'
    const body = isKnown ? '405 method not allowed' : '404 page not found'
    const headers = [`Content-Type: ${contentTypes.refusal}`, ...this.#framing(body), closing]
    if (isKnown) headers.push(`Allow: ${match.allowed}`)
    end(socket, lineOf(isKnown ? 405 : 404), headers, body)
    return true
  }

  #refuseBytes(error: ParserError, socket: Duplex): void {
    const broken = brokenBody(error)
    const request = this.#newest.get(socket)?.req
    if (broken === undefined) {
      const { status, reason, body } = unreadableBytes(error)
      const headers = [`Content-Type: ${unreadableType}`, closing]
      return end(socket, `${status} ${reason}`, headers, body)
    }
    const body = encodeGoJson({ error: broken })
    const headers = [`Content-Type: ${contentTypes.json}`, ...this.#framing(body)]
    end(
      socket,
      lineOf(400),
      saysClose(error, request?.headers ?? {}) ? [...headers, closing] : headers,
      body,
    )
  }

  #framing(body: string): string[] {
    const date = new Date(this.#clock.wallMs()).toUTCString()
    return [`Content-Length: ${Buffer.byteLength(body)}`, `Date: ${date}`]
  }
}

function lineOf(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`
}

function end(socket: Duplex, line: string, headers: readonly string[], body: string): void {
  const head = [`HTTP/1.1 ${line}`, ...headers].join('\r\n')
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy())
}
