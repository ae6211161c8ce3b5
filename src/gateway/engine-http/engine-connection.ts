import { connect, type Socket } from 'node:net'
import type { Clock } from '../../sys/clock.ts'
import type {
  UpstreamCall,
  UpstreamFailure,
  UpstreamListener,
  UpstreamRequest,
} from '../upstream.ts'
import { AnswerParser } from './answer-parser.ts'

/** A request that is there whole. */
export interface WholeRequest extends UpstreamRequest {
  readonly body: Uint8Array
}

/** Where an engine listens, and how long it may take to accept. */
export interface EngineAddress {
  readonly host: string
  readonly port: number
  /** As it stands in `Host`. */
  readonly authority: string
  readonly connectMs: number
}

/** What becomes of a connection, told to its pool. */
export interface ConnectionEnd {
  /** It can be used again; the engine keeps it for that long, if it says. */
  free(connection: EngineConnection, keptSeconds: number | undefined): void
  gone(connection: EngineConnection): void
}

/** One connection to an engine, for one request at a time. */
export class EngineConnection {
  readonly #address: EngineAddress
  readonly #pool: ConnectionEnd
  readonly #socket: Socket
  readonly #parser = new AnswerParser()
  #listener: UpstreamListener | undefined
  #isConnected = false
  #cause = new Error('other side closed')

  constructor(address: EngineAddress, pool: ConnectionEnd, clock: Clock) {
    this.#address = address
    this.#pool = pool
    const { host, port, connectMs } = address
    const socket = connect({ host, port, noDelay: true, autoSelectFamily: true })
    const cancelLate = clock.after(connectMs, () => {
      this.#cause = new Error(`no connection within ${connectMs} ms`)
      this.destroy()
    })
    socket.once('connect', () => {
      this.#isConnected = true
      cancelLate()
    })
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('end', () => this.#end())
    socket.on('error', (error) => {
      this.#cause = error
      this.destroy()
    })
    socket.once('close', () => {
      cancelLate()
      this.#close()
    })
    this.#socket = socket
  }

  /** Only of one that is free, or new. */
  send(request: WholeRequest, listener: UpstreamListener): UpstreamCall {
    this.#listener = listener
    this.#parser.begin(listener)
    this.#socket.write(bytesOf(request, this.#address.authority))
    const isMine = () => this.#listener === listener
    return {
      pause: () => void (isMine() && this.#socket.pause()),
      resume: () => void (isMine() && this.#socket.resume()),
      abort: () => {
        if (!isMine()) return
        this.#listener = undefined
        this.#parser.leave()
        this.destroy()
      },
    }
  }

  /** Its pool learns it at once, the listener when it is closed. */
  destroy(): void {
    this.#pool.gone(this)
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    if (this.#listener === undefined) return this.destroy() // nobody asked
    const progress = this.#parser.push(chunk)
    if (progress === 'more') return
    if (progress === 'broken') {
      this.#cause = new Error('its answer is not HTTP')
      this.destroy()
      return
    }
    this.#finish()
  }

  #end(): void {
    if (this.#listener !== undefined && this.#parser.end()) this.#finish()
    else this.destroy()
  }

  #finish(): void {
    const listener = this.#listener
    this.#listener = undefined
    if (this.#parser.isKept && !this.#socket.destroyed) {
      this.#socket.resume() // whoever was too slow for this answer has nothing to do with the next one
      this.#pool.free(this, this.#parser.keptSeconds)
    } else this.destroy()
    listener?.end()
  }

  #close(): void {
    this.#pool.gone(this)
    const listener = this.#listener
    this.#listener = undefined
    const failure: UpstreamFailure = this.#isConnected ? 'died' : 'unreachable'
    listener?.fail(failure, this.#cause)
  }
}

/** Head and body leave with one write. */
function bytesOf({ method, path, headers, body }: WholeRequest, authority: string): Buffer {
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: keep-alive\r\n`
  for (let i = 0; i + 1 < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`
  head += `content-length: ${body.length}\r\n\r\n`
  const bytes = Buffer.allocUnsafe(head.length + body.length)
  bytes.write(head, 'latin1')
  bytes.set(body, head.length)
  return bytes
}
