/** HTTP over a bare socket, so that nothing of what a server writes is hidden, corrected or joined. */
import { connect, type Socket } from 'node:net'
import { RawBytes } from './raw-bytes.ts'

export interface RawHead {
  readonly version: string
  /** 0 when the connection ended without an answer. */
  readonly status: number
  readonly reason: string
  /** In the order of the wire, names as spelt there. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** 1xx answers that came before. */
  readonly interim: readonly number[]
}

/** One HTTP chunk of a chunked answer; otherwise what one read brought. */
export interface RawPiece {
  readonly bytes: Buffer
  /** `performance.now()` when it was complete. */
  readonly atMs: number
}

export interface RawAnswer extends RawHead {
  readonly framing: 'length' | 'chunked' | 'eof' | 'none'
  readonly pieces: readonly RawPiece[]
  readonly body: Buffer
  /** False when the connection ended before the framing said so. */
  readonly isWhole: boolean
}

export interface RawRequest {
  readonly method?: string
  readonly path: string
  /** Besides Host, Content-Type and Content-Length, which are added unless named here; null leaves one out. */
  readonly headers?: readonly (readonly [name: string, value: string | null])[]
  readonly body?: string | Uint8Array
  /** Sends the body chunked, in pieces of so many bytes. */
  readonly chunkBytes?: number
}

export interface RawConnection {
  readonly socket: Socket
  send(data: string | Uint8Array): Promise<void>
  /** Writes a request as `requestBytes` makes it. */
  request(request: RawRequest): Promise<void>
  /** Reads status line and headers. */
  head(): Promise<RawHead>
  /** Reads the body that belongs to `head`, piece by piece as it arrives; stopping to ask stops the reading. */
  pieces(head: RawHead, method?: string): AsyncGenerator<RawPiece, boolean, undefined>
  /** Reads one whole answer. `method` is what was asked with: HEAD has no body. */
  answer(method?: string): Promise<RawAnswer>
  /** `bytes`, `closed`, or `open` when nothing came for so long. */
  idle(forMs: number): Promise<'bytes' | 'closed' | 'open'>
  /** Ends our side; the other may still answer. */
  halfClose(): void
  /** Closes as a killed client does: with a reset. */
  destroy(): void
}

/** Opens a connection to an origin such as `http://127.0.0.1:8080`. */
export async function connectRaw(origin: string): Promise<RawConnection> {
  const { hostname, port, host } = new URL(origin)
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject)
  })
  socket.setNoDelay(true)
  socket.on('error', () => {}) // the reader reports it; a write after a reset is the test's own doing
  const bytes = new RawBytes(socket)
  const send = (data: string | Uint8Array) =>
    new Promise<void>((resolve) => {
      socket.write(data, () => resolve())
    })
  const connection: RawConnection = {
    socket,
    send,
    request: (request) => send(requestBytes(request, host)),
    head: () => readHead(bytes),
    pieces: (head, method) => readPieces(bytes, head, method),
    async answer(method) {
      const head = await readHead(bytes)
      const pieces: RawPiece[] = []
      const body = readPieces(bytes, head, method)
      let next = await body.next()
      for (; next.done !== true; next = await body.next()) pieces.push(next.value)
      return {
        ...head,
        framing: framingOf(head, method),
        pieces,
        body: Buffer.concat(pieces.map((piece) => piece.bytes)),
        isWhole: next.value,
      }
    },
    async idle(forMs) {
      if (bytes.waitingBytes > 0) return 'bytes'
      const got = await bytes.poll(forMs)
      return got === undefined ? 'open' : got ? 'bytes' : 'closed'
    },
    halfClose: () => void socket.end(),
    destroy: () => void socket.resetAndDestroy(),
  }
  return connection
}

/** One request on a connection of its own. */
export async function rawRequest(origin: string, request: RawRequest): Promise<RawAnswer> {
  const connection = await connectRaw(origin)
  try {
    await connection.request(request)
    return await connection.answer(request.method)
  } finally {
    connection.socket.destroy()
  }
}

/** Value of a header, its name in any case; the first when there are several. */
export function headerOf(head: RawHead, name: string): string | undefined {
  return head.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

/** Spells a request for the wire. `host` goes into the Host header. */
export function requestBytes(request: RawRequest, host: string): Buffer {
  const body = request.body === undefined ? undefined : Buffer.from(request.body)
  const headers = [...(request.headers ?? [])]
  const has = (name: string) => headers.some(([key]) => key.toLowerCase() === name)
  if (!has('host')) headers.unshift(['Host', host])
  if (body !== undefined && !has('content-type')) headers.push(['Content-Type', 'application/json'])
  if (request.chunkBytes !== undefined) headers.push(['Transfer-Encoding', 'chunked'])
  else if (body !== undefined && !has('content-length')) {
    headers.push(['Content-Length', String(body.length)])
  }
  const lines = headers.flatMap(([name, value]) => (value === null ? [] : `${name}: ${value}\r\n`))
  const method = request.method ?? (body === undefined ? 'GET' : 'POST')
  const head = Buffer.from(`${method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
  if (body === undefined) return head
  return Buffer.concat([
    head,
    request.chunkBytes === undefined ? body : chunked(body, request.chunkBytes),
  ])
}

function chunked(body: Buffer, chunkBytes: number): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; at += chunkBytes) {
    const part = body.subarray(at, at + chunkBytes)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

async function readHead(bytes: RawBytes): Promise<RawHead> {
  const interim: number[] = []
  for (;;) {
    const first = await bytes.line()
    if (first === undefined) return { version: '', status: 0, reason: '', headers: [], interim }
    const match = /^(HTTP\/\d\.\d) (\d{3}) ?(.*)$/.exec(first)
    if (match === null) throw new Error(`not HTTP: ${JSON.stringify(first)}`)
    const [, version = '', code = '', reason = ''] = match
    const headers: [string, string][] = []
    for (let line = await bytes.line(); line; line = await bytes.line()) {
      const colon = line.indexOf(':')
      headers.push([line.slice(0, colon), line.slice(colon + 1).trim()])
    }
    const status = Number(code)
    if (status >= 200) return { version, status, reason, headers, interim }
    interim.push(status)
  }
}

function framingOf(head: RawHead, method = 'GET'): RawAnswer['framing'] {
  const isChunked = headerOf(head, 'transfer-encoding')?.toLowerCase() === 'chunked'
  const framing = isChunked
    ? 'chunked'
    : headerOf(head, 'content-length') !== undefined
      ? 'length'
      : 'none'
  if (framing !== 'none' || isBodiless(head, method)) return framing
  return 'eof'
}

function isBodiless(head: RawHead, method = 'GET'): boolean {
  return method === 'HEAD' || head.status === 204 || head.status === 304 || head.status === 0
}

/** Gives pieces; its return value tells whether the body came whole. */
async function* readPieces(
  bytes: RawBytes,
  head: RawHead,
  method?: string,
): AsyncGenerator<RawPiece, boolean, undefined> {
  if (isBodiless(head, method)) return head.status !== 0
  if (framingOf(head, method) === 'chunked') return yield* readChunks(bytes)
  let leftBytes = Number(headerOf(head, 'content-length') ?? Number.POSITIVE_INFINITY)
  while (leftBytes > 0) {
    if (bytes.waitingBytes === 0 && !(await bytes.more())) break
    const piece = bytes.take(leftBytes)
    leftBytes -= piece.length
    yield { bytes: piece, atMs: performance.now() }
  }
  return leftBytes === 0 || (leftBytes === Number.POSITIVE_INFINITY && bytes.error === undefined)
}

async function* readChunks(bytes: RawBytes): AsyncGenerator<RawPiece, boolean, undefined> {
  for (;;) {
    const line = await bytes.line()
    const size = /^([0-9a-fA-F]+)/.exec(line ?? '')?.[1]
    if (size === undefined) return false
    const sizeBytes = Number.parseInt(size, 16)
    if (sizeBytes === 0) {
      let trailer = await bytes.line()
      while (trailer) trailer = await bytes.line()
      return trailer !== undefined
    }
    const piece = await bytes.exactly(sizeBytes)
    if (piece.length > 0) yield { bytes: piece, atMs: performance.now() }
    if (piece.length < sizeBytes || (await bytes.line()) === undefined) return false
  }
}
