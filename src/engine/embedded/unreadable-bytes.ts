/** Answers bytes that Node's parser refused as Ollama's server would, and ends the connection. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { encodeGoJson } from '../../wire/go-json/index.ts'
import {
  brokenBody,
  type ParserError,
  unreadableBytes,
  unreadableType,
} from '../../wire/http/unreadable.ts'
import { contentTypes } from '../../wire/ollama/responses.ts'

export class UnreadableBytes {
  readonly #newest = new WeakMap<Duplex, ServerResponse>()

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
    if (before === undefined || before.writableFinished) send(socket, error)
    else if (before.req.complete) before.once('finish', () => send(socket, error))
    else if (before.headersSent) socket.destroy()
    else send(socket, error)
  }
}

function send(socket: Duplex, error: ParserError): void {
  const broken = brokenBody(error)
  if (broken === undefined) {
    const { status, body } = unreadableBytes(error)
    return end(socket, status, [`Content-Type: ${unreadableType}`], body)
  }
  const body = encodeGoJson({ error: broken })
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  end(socket, 400, [`Content-Type: ${contentTypes.json}`, length], body)
}

function end(socket: Duplex, status: number, headers: readonly string[], body: string): void {
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`
  const head = [line, ...headers, 'Connection: close'].join('\r\n')
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy())
}
