import type { EventEmitter } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

type Emitter = Pick<EventEmitter, 'on' | 'once' | 'off'>

/** A request of a client, as Node's HTTP server or the lane reads it. What is meant is what `IncomingMessage` says. */
export interface ClientRequest extends Emitter {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: string[]
  readonly httpVersionMajor: number
  readonly httpVersionMinor: number
  readonly socket: Socket
  readonly complete: boolean
  /** All of the body, where it came with the head; events tell of it otherwise. */
  readonly wholeBody?: Buffer
  pause(): this
  resume(): this
}

/** The answer to it. What is meant is what `ServerResponse` says. */
export interface ClientResponse extends Emitter {
  shouldKeepAlive: boolean
  useChunkedEncodingByDefault: boolean
  sendDate: boolean
  statusMessage: string
  readonly headersSent: boolean
  readonly statusCode: number
  readonly destroyed: boolean
  readonly writableFinished: boolean
  readonly writableLength: number
  readonly socket: Socket | null
  writeContinue(): void
  removeHeader(name: string): void
  writeHead(status: number, headers: string[]): unknown
  flushHeaders(): void
  write(bytes: string | Uint8Array): boolean
  end(bytes?: string | Uint8Array): unknown
  destroy(): unknown
}
