import { EventEmitter } from 'node:events'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientResponse } from '../client.ts'

const chunkEnd = '\r\n'
const lastChunk = '0\r\n\r\n'

/** How the end of the body is told. */
type Framing = 'length' | 'chunks' | 'close' | 'none'

/**
 * An answer as Node's `ServerResponse` writes it, for a request without `Expect` in HTTP/1.1: head and first bytes leave with one
 * write. `finish` when the system has taken all of it, then `close`; `close` alone when the connection ends before.
 */
export class LaneResponse extends EventEmitter implements ClientResponse {
  shouldKeepAlive = true
  useChunkedEncodingByDefault = true
  headersSent = false
  statusCode = 200
  statusMessage = ''
  sendDate = true
  destroyed = false
  writableFinished = false
  readonly socket: Socket
  #head = ''
  #framing: Framing = 'none'
  #isEnded = false
  #isConnectionTold = true
  readonly #date: () => string
  readonly #onDrain = () => this.emit('drain')

  constructor(socket: Socket, date: () => string) {
    super()
    this.socket = socket
    this.#date = date
  }

  get writableLength(): number {
    return this.#head.length + (this.writableFinished ? 0 : this.socket.writableLength)
  }

  /** Node tells clients of HTTP/1.1 what they know already, unless it is told not to. */
  removeHeader(name: string): void {
    if (name === 'connection') this.#isConnectionTold = false
  }

  writeContinue(): void {
    this.socket.write('HTTP/1.1 100 Continue\r\n\r\n')
  }

  writeHead(status: number, headers: readonly string[]): void {
    let head = `HTTP/1.1 ${status} ${this.statusMessage || (STATUS_CODES[status] ?? 'unknown')}\r\n`
    let hasLength = false
    let hasConnection = !this.#isConnectionTold
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const [name = '', value = ''] = [headers[i], headers[i + 1]]
      head += `${name}: ${value}\r\n`
      const lower = name.length === 14 || name.length === 10 ? name.toLowerCase() : ''
      if (lower === 'content-length') hasLength = true
      else if (lower === 'connection') hasConnection = true
    }
    if (this.sendDate) head += `Date: ${this.#date()}\r\n`
    this.#framing = framingOf(status, hasLength, this.useChunkedEncodingByDefault)
    if (!hasLength && !this.useChunkedEncodingByDefault) this.shouldKeepAlive = false
    if (!hasConnection) head += `Connection: ${this.shouldKeepAlive ? 'keep-alive' : 'close'}\r\n`
    if (this.#framing === 'chunks') head += 'Transfer-Encoding: chunked\r\n'
    this.#head = `${head}\r\n`
    this.statusCode = status
    this.headersSent = true
  }

  flushHeaders(): void {
    if (this.#head !== '') this.#send('')
  }

  write(bytes: string | Uint8Array): boolean {
    if (this.#isEnded || bytes.length === 0) return true
    const isTaken = this.#send(...this.#framed(bytes))
    if (!isTaken) this.socket.once('drain', this.#onDrain)
    return isTaken
  }

  end(bytes: string | Uint8Array = ''): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const parts = bytes.length > 0 ? this.#framed(bytes) : []
    if (this.#framing === 'chunks') parts.push(lastChunk)
    this.#send(...parts)
    const { socket } = this
    if (socket.writableLength === 0) queueMicrotask(() => this.#finish())
    else socket.write('', (error) => !error && this.#finish())
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** The connection is gone. */
  lost(): void {
    this.socket.off('drain', this.#onDrain)
    this.#close()
  }

  #finish(): void {
    if (this.destroyed || this.socket.destroyed) return
    this.writableFinished = true
    this.emit('finish')
    this.#close()
  }

  #close(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }

  #framed(bytes: string | Uint8Array): (string | Uint8Array)[] {
    if (this.#framing === 'none') return []
    const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    if (this.#framing !== 'chunks') return [body]
    return [`${body.length.toString(16)}\r\n`, body, chunkEnd]
  }

  #send(...parts: readonly (string | Uint8Array)[]): boolean {
    const all = this.#head === '' ? parts : [this.#head, ...parts]
    this.#head = ''
    if (all.length === 0) return true
    return this.socket.write(joined(all))
  }
}

function framingOf(status: number, hasLength: boolean, mayChunk: boolean): Framing {
  if (status === 204 || status === 304) return 'none'
  if (hasLength) return 'length'
  return mayChunk ? 'chunks' : 'close'
}

/** One write is one call of the system. Texts are heads and framing. */
function joined(parts: readonly (string | Uint8Array)[]): Buffer {
  let size = 0
  for (const { length } of parts) size += length
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const part of parts) {
    if (typeof part === 'string') bytes.write(part, at, 'latin1')
    else bytes.set(part, at)
    at += part.length
  }
  return bytes
}
