/** Reads answers of HTTP/1.1 on one connection, as they come. Pure but for its own state; RFC 9112. */

/** Hears of an answer in this order. */
export interface AnswerSink {
  /** Names and values in turn, as they were sent. */
  head(status: number, headers: string[]): void
  data(bytes: Buffer): void
}

/** What the bytes so far are. `done`: a whole answer; `broken`: none, or two; the connection must end then. */
export type Progress = 'more' | 'done' | 'broken'

/** Engines send under 1 KiB of headers. */
const headBytesMax = 16 * 1024

/** Size, extensions and line end of a chunk; trailers together. */
const chunkLineBytesMax = 1_024

type Stage = 'head' | 'length' | 'chunk-line' | 'chunk' | 'chunk-end' | 'trailers' | 'close'

const nothing = Buffer.alloc(0)
const statusLine = /^HTTP\/1\.([01]) (\d{3})(?: [^\r\n]*)?\r\n/
const headerLine = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n]*?)[ \t]*\r\n/y

/** One answer after the other; a new one may begin only when the one before is `done`. */
export class AnswerParser {
  /** False when the connection ends with this answer. */
  isKept = true
  /** Seconds for which the engine says that it keeps the connection; undefined where it does not say. */
  keptSeconds: number | undefined
  #stage: Stage = 'head'
  /** Of a head, of a line of a chunk or of trailers: what is not whole yet. */
  #held: Buffer = nothing
  #left = 0
  #sink: AnswerSink | undefined

  begin(sink: AnswerSink): void {
    this.#sink = sink
    this.#stage = 'head'
    this.isKept = true
  }

  /** Nothing more is told of this answer, not even what is here already. */
  leave(): void {
    this.#sink = undefined
  }

  /** The connection ended: whether the answer is whole by that. */
  end(): boolean {
    return this.#stage === 'close' && this.#sink !== undefined
  }

  push(chunk: Buffer): Progress {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = nothing
    while (bytes.length > 0) {
      const used = this.#read(bytes)
      if (used === 'broken') return 'broken'
      if (used === 'more') {
        this.#held = bytes
        return 'more'
      }
      bytes = bytes.subarray(used.bytes)
      if (used.isDone) return this.#finish(bytes)
    }
    return 'more'
  }

  /** Nothing may stand behind an answer for which no question was sent. */
  #finish(rest: Buffer): Progress {
    this.#sink = undefined
    return rest.length > 0 ? 'broken' : 'done'
  }

  #read(bytes: Buffer): Step {
    switch (this.#stage) {
      case 'head':
        return this.#readHead(bytes)
      case 'close':
        this.#sink?.data(bytes)
        return taken(bytes.length)
      case 'length':
      case 'chunk':
        return this.#readBody(bytes)
      case 'chunk-line':
        return this.#readChunkLine(bytes)
      case 'chunk-end':
        if (bytes.length < 2) return 'more'
        if (bytes[0] !== 0x0d || bytes[1] !== 0x0a) return 'broken'
        this.#stage = 'chunk-line'
        return taken(2)
      case 'trailers':
        return this.#readTrailers(bytes)
    }
  }

  #readBody(bytes: Buffer): Step {
    const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes
    this.#left -= part.length
    this.#sink?.data(part)
    if (this.#left > 0) return taken(part.length)
    if (this.#stage === 'length') return { bytes: part.length, isDone: true }
    this.#stage = 'chunk-end'
    return taken(part.length)
  }

  #readChunkLine(bytes: Buffer): Step {
    const end = bytes.indexOf('\r\n')
    if (end < 0) return bytes.length > chunkLineBytesMax ? 'broken' : 'more'
    const [, size] =
      /^([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?$/.exec(bytes.toString('latin1', 0, end)) ?? []
    if (size === undefined) return 'broken'
    this.#left = Number.parseInt(size, 16)
    this.#stage = this.#left === 0 ? 'trailers' : 'chunk'
    return taken(end + 2)
  }

  #readTrailers(bytes: Buffer): Step {
    if (bytes[0] === 0x0d && bytes[1] === 0x0a) return { bytes: 2, isDone: true }
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) return bytes.length > chunkLineBytesMax ? 'broken' : 'more'
    return { bytes: end + 4, isDone: true }
  }

  #readHead(bytes: Buffer): Step {
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) return bytes.length > headBytesMax ? 'broken' : 'more'
    const text = bytes.toString('latin1', 0, end + 2)
    const [line = '', minor, statusText] = statusLine.exec(text) ?? []
    const status = Number(statusText)
    const headers = line === '' ? undefined : headersOf(text, line.length)
    if (headers === undefined || status === 101) return 'broken'
    const used = end + 4
    if (status < 200) return taken(used) // such answers concern this connection only
    const framing = framingOf(headers)
    if (framing === undefined) return 'broken'
    this.isKept = minor === '1' && !framing.closes
    this.keptSeconds = framing.keptSeconds
    this.#sink?.head(status, headers)
    if (status === 204 || status === 304 || framing.length === 0) {
      return { bytes: used, isDone: true }
    }
    this.#left = framing.length ?? 0
    this.#stage = framing.isChunked
      ? 'chunk-line'
      : framing.length === undefined
        ? 'close'
        : 'length'
    if (this.#stage === 'close') this.isKept = false
    return taken(used)
  }
}

type Step = 'more' | 'broken' | { readonly bytes: number; readonly isDone: boolean }

function taken(bytes: number): Step {
  return { bytes, isDone: false }
}

function headersOf(text: string, from: number): string[] | undefined {
  const headers: string[] = []
  headerLine.lastIndex = from
  while (headerLine.lastIndex < text.length) {
    const match = headerLine.exec(text)
    if (match === null) return undefined
    headers.push(match[1] ?? '', match[2] ?? '')
  }
  return headers
}

interface Framing {
  readonly isChunked: boolean
  readonly length: number | undefined
  readonly closes: boolean
  readonly keptSeconds: number | undefined
}

/** Undefined where the end of the body could be read in two ways; RFC 9112 §6.3. */
function framingOf(headers: readonly string[]): Framing | undefined {
  let length: string | undefined
  let coding: string | undefined
  let closes = false
  let keptSeconds: number | undefined
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] ?? ''
    switch (headers[i]?.toLowerCase()) {
      case 'content-length':
        if (length !== undefined && length !== value) return undefined
        length = value
        break
      case 'transfer-encoding':
        if (coding !== undefined) return undefined
        coding = value.toLowerCase()
        break
      case 'connection':
        closes ||= /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(value)
        break
      case 'keep-alive':
        keptSeconds = Number(/timeout=(\d{1,6})/i.exec(value)?.[1] ?? Number.NaN) || undefined
        break
      default:
    }
  }
  if (coding !== undefined && (coding !== 'chunked' || length !== undefined)) return undefined
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return undefined
  const lengthBytes = length === undefined ? undefined : Number(length)
  return { isChunked: coding !== undefined, length: lengthBytes, closes, keptSeconds }
}
