/** How the embedded engine answers one request: whole, or line by line; framed as Ollama's server frames it. */
import type { ServerResponse } from 'node:http'
import { promises as streams } from 'node:stream'
import type { Dialect } from '../../core/dialect.ts'
import { answerInHttp10, isHttp10 } from '../../sys/http10.ts'
import { systemRandom } from '../../sys/random.ts'
import { type DialectError, dialectErrorBody } from '../../wire/dialect-errors.ts'
import { redirectPage } from '../../wire/http/redirect-page.ts'
import { type Unreadable, unreadableType } from '../../wire/http/unreadable.ts'
import type { RenderedError } from '../../wire/ollama/errors.ts'
import { contentTypes } from '../../wire/ollama/responses.ts'
import type { Translation } from '../../wire/translation.ts'
import type { Redirect } from './redirect.ts'

/** Go's net/http sends a `Content-Length` for bodies up to this size, chunks above. */
const wholeBytesMax = 2048

export class Answer {
  readonly #response: ServerResponse
  #refusal: 'plain' | 'whole' | 'stream' = 'plain'
  #translation: Translation | undefined

  constructor(response: ServerResponse) {
    this.#response = response
    if (isHttp10(response.req)) answerInHttp10(response)
    // Go says nothing of a connection that stays open; Node would
    else if (response.shouldKeepAlive) response.removeHeader('Connection')
  }

  /** True once the status can no longer be chosen. */
  get hasBegun(): boolean {
    return this.#response.headersSent
  }

  /** From here on all that a native handler says goes out in another API's form. */
  speak(translation: Translation): void {
    this.#translation = translation
  }

  /** Sends a whole body and ends. */
  whole(
    status: number,
    body: string,
    type: keyof typeof contentTypes = 'json',
    headers: Readonly<Record<string, string>> = {},
  ): void {
    const translation = this.#translation
    if (translation === undefined) this.#send(status, body, type, headers)
    else if (translation.isStream) {
      this.#send(status, translation.line(body), 'events', translation.headers)
    } else this.#send(status, translation.whole(body), 'bareJson', translation.headers)
  }

  #send(
    status: number,
    body: string,
    type: keyof typeof contentTypes,
    headers: Readonly<Record<string, string>>,
  ): void {
    const bytes = Buffer.from(body)
    const length = bytes.length <= wholeBytesMax ? { 'Content-Length': bytes.length } : {}
    this.#response.writeHead(status, { ...headers, 'Content-Type': contentTypes[type], ...length })
    this.#response.end(bytes)
  }

  /** Sends the refusal of what is no request; the connection ends with it. */
  unreadable({ status, reason, body }: Unreadable): void {
    this.#response.useChunkedEncodingByDefault = false
    this.#response.sendDate = false
    const headers = { 'Content-Type': unreadableType, Connection: 'close' }
    this.#response.writeHead(status, reason, headers)
    this.#response.end(body)
  }

  /** Sends no body. A HEAD's answer says nothing of a length, as in Ollama. */
  empty(status: number, method: 'HEAD' | 'other' = 'other'): void {
    this.#response.writeHead(status, method === 'HEAD' ? {} : { 'Content-Length': 0 })
    this.#response.end()
  }

  /** Sends the client elsewhere; a page for whoever asked with GET. */
  redirect(redirect: Redirect, method: string): void {
    const { status, location } = redirect
    if (method === 'GET') {
      return this.whole(status, redirectPage(status, location), 'page', { Location: location })
    }
    const type = method === 'HEAD' ? { 'Content-Type': contentTypes.page } : { 'Content-Length': 0 }
    this.#response.writeHead(status, { Location: location, ...type })
    this.#response.end()
  }

  /**
   * From here on an error is framed as Ollama frames those of work that reports its progress: `whole` without a charset,
   * `stream` in chunks too.
   */
  refuseAs(form: 'whole' | 'stream'): void {
    this.#refusal = form
  }

  /** Sends an error instead of an answer that has not begun. */
  refuse({ status, message, body }: RenderedError): void {
    const translation = this.#translation
    const text =
      translation === undefined ? body : `${refusalText(translation.dialect, status, message)}\n`
    const headers = translation?.headers ?? {}
    if (this.#refusal === 'stream') {
      this.#response.writeHead(status, { ...headers, 'Content-Type': contentTypes.bareJson })
      this.#response.write(text)
      this.#response.end()
      return
    }
    const isBare = this.#refusal === 'whole' || translation !== undefined
    this.#send(status, text, isBare ? 'bareJson' : 'json', headers)
  }

  /** Sends one line of a stream, at once. */
  line(text: string): void {
    const translation = this.#translation
    if (!this.hasBegun) {
      const type = contentTypes[translation === undefined ? 'lines' : 'events']
      this.#response.writeHead(200, { ...translation?.headers, 'Content-Type': type })
    }
    this.#response.write(translation === undefined ? `${text}\n` : translation.line(text))
  }

  /** Sends a file as it comes. When it fails behind its first byte, or `signal` fires, the connection is cut. */
  async file(
    chunks: AsyncIterable<Uint8Array>,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    const type = { 'Content-Type': 'application/octet-stream' }
    this.#response.writeHead(200, { ...headers, ...type })
    try {
      await streams.pipeline(chunks, this.#response, { signal })
    } finally {
      if (!this.#response.writableFinished) this.#response.destroy()
    }
  }

  /** Ends a stream. */
  end(): void {
    this.#response.end()
  }

  /** Ends a stream that has begun with an error. */
  fail({ message, body }: RenderedError): void {
    this.#response.end(this.#translation?.failure(message) ?? `${body}\n`)
  }
}

/** An error in the form of a dialect, without a newline. */
export function refusalText(
  dialect: Dialect,
  status: number,
  message: string,
  details?: DialectError['details'],
): string {
  const requestId = systemRandom.hex(12)
  return dialectErrorBody(dialect, { status, message, requestId, ...(details && { details }) })
}
