/** How the embedded engine answers one request: whole, or line by line; framed as Ollama's server frames it. */
import type { ServerResponse } from 'node:http'
import { contentTypes } from '../../wire/ollama/responses.ts'

/** Go's net/http sends a `Content-Length` for bodies up to this size, chunks above. */
const wholeBytesMax = 2048

export class Answer {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /** True once the status can no longer be chosen. */
  get hasBegun(): boolean {
    return this.#response.headersSent
  }

  /** Sends a whole body and ends. */
  whole(
    status: number,
    body: string,
    type: keyof typeof contentTypes = 'json',
    headers: Readonly<Record<string, string>> = {},
  ): void {
    const bytes = Buffer.from(body)
    const length = bytes.length <= wholeBytesMax ? { 'Content-Length': bytes.length } : {}
    this.#response.writeHead(status, { 'Content-Type': contentTypes[type], ...headers, ...length })
    this.#response.end(bytes)
  }

  /** Sends one line of a stream, at once. */
  line(text: string): void {
    if (!this.hasBegun) this.#response.writeHead(200, { 'Content-Type': contentTypes.lines })
    this.#response.write(`${text}\n`)
  }

  /** Ends a stream. */
  end(): void {
    this.#response.end()
  }
}
