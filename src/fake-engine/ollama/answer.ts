/** Answers framed as Go's net/http frames them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../sys/clock.ts'
import { abortable } from '../abortable.ts'
import {
  type ErrorWording,
  type NativeObject,
  nativeErrors,
  nativeVoice,
  type Voice,
} from './voice.ts'

/** Go buffers so much of an answer to learn its length; a longer one goes out chunked. */
const lengthKnownBytesMax = 2048

export const types = {
  json: 'application/json; charset=utf-8',
  /** Of what fails inside a stream before its first object. */
  jsonBare: 'application/json',
  ndjson: 'application/x-ndjson',
  plain: 'text/plain',
  plainUtf8: 'text/plain; charset=utf-8',
  html: 'text/html; charset=utf-8',
} as const

type Headers = readonly (readonly [name: string, value: string])[]

export class Answer {
  /** The connection was closed on purpose. */
  isCut = false
  /** How it words objects, and errors. */
  voice: Voice = nativeVoice
  errors: ErrorWording = nativeErrors
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #clock: Clock

  constructor(request: IncomingMessage, response: ServerResponse, clock: Clock) {
    this.#clock = clock
    this.#request = request
    this.#response = response
    response.sendDate = false
    response.removeHeader('connection') // Go says nothing about a connection that stays open
  }

  get hasBegun(): boolean {
    return this.#response.headersSent
  }

  get status(): number | undefined {
    return this.hasBegun ? this.#response.statusCode : undefined
  }

  /** One object. */
  object(value: NativeObject | Record<string, unknown>): void {
    this.whole(200, [['Content-Type', this.voice.wholeType]], this.voice.whole(value))
  }

  /** An error. What else a stream begins with is set before it is known that there is none. */
  error(status: number, text: string): void {
    const others = this.voice.streamHeaders.filter(([name]) => name !== 'Content-Type')
    const headers: Headers = [...others, ['Content-Type', this.errors.type]]
    this.whole(status, headers, this.errors.body(status, text))
  }

  /** A body of known length, or chunked when it is long. */
  whole(status: number, headers: Headers, body: string | Uint8Array): void {
    const sizeBytes = Buffer.byteLength(body)
    const isChunked = sizeBytes > lengthKnownBytesMax
    this.#head(status, headers, isChunked ? undefined : sizeBytes)
    this.#response.end(body)
  }

  /** Headers alone, without a word on length: what HEAD gets for a redirect. */
  headOnly(status: number, headers: Headers): void {
    this.#head(status, headers, 'none')
    this.#response.end()
  }

  /** Starts an answer that is sent piece by piece. */
  begin(status: number, type: string): void {
    this.#head(status, [['Content-Type', type]], undefined)
  }

  /** Starts a stream of objects. */
  beginStream(): void {
    this.#head(200, this.voice.streamHeaders, undefined)
  }

  /** Sends the headers before there is anything of the body. */
  flushHeaders(): void {
    this.#response.flushHeaders()
  }

  /** Sends one chunk; waits while the client does not read. Throws `Gone`. */
  async chunk(part: string | Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.#response.write(part) || signal.aborted) return
    await abortable(signal, (resolve) => {
      this.#response.once('drain', resolve)
      return () => void this.#response.off('drain', resolve)
    })
  }

  end(): void {
    this.#response.end()
  }

  /** Sends the first half of a body under the length of the whole. */
  half(body: string): void {
    this.#head(200, [['Content-Type', this.voice.wholeType]], Buffer.byteLength(body))
    this.#response.write(body.slice(0, body.length / 2))
  }

  /** Closes the connection as it is; what was written before still arrives. */
  cut(): void {
    this.isCut = true
    this.#response.socket?.destroySoon()
  }

  #head(status: number, headers: Headers, length: number | 'none' | undefined): void {
    const raw = [...headers.flat(), 'Date', new Date(this.#clock.wallMs()).toUTCString()]
    if (typeof length === 'number') raw.push('Content-Length', String(length))
    if (this.#request.headers.connection === 'close') raw.push('Connection', 'close')
    if (length === 'none') this.#response.removeHeader('transfer-encoding')
    this.#response.writeHead(status, raw)
  }
}
