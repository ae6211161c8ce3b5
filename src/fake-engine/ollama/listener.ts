import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { delay, Gone } from '../abortable.ts'
import { Answer } from './answer.ts'
import type { Call, Server } from './call.ts'
import { Failure, SocketCut } from './failure.ts'
import { GoError } from './json-scan.ts'
import { choose } from './routes.ts'

/** Go's bound on a request's headers, with the slack that it gives. */
const headerBytesMax = 1024 * 1024 + 4096

/** Ollama has no such bound; the fake holds bodies in memory, and a gateway lets far smaller ones through. */
const bodyBytesMax = 512 * 1024 * 1024

const wrongVersion = '505 HTTP Version Not Supported: unsupported protocol version'

/** The HTTP side of the fake. */
export interface Listener {
  readonly port: number
  /** Closes the port to new connections, or opens it again. */
  setRefusing(refuses: boolean): Promise<void>
  close(): Promise<void>
}

/** Listens on one address. */
export async function listen(server: Server, host: string, port: number): Promise<Listener> {
  const http = createServer(
    {
      maxHeaderSize: headerBytesMax,
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
      requireHostHeader: false,
    },
    (request, response) => void serve(server, request, response),
  )
  http.on('connection', (socket) => count(server, socket))
  http.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    request.headers.connection = 'close'
    new Answer(request, response, server.clock).whole(417, [], '')
  })
  http.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket))
  await open(http, host, port)
  const taken = (http.address() as AddressInfo).port
  return {
    port: taken,
    async setRefusing(refuses) {
      if (refuses === !http.listening) return
      if (!refuses) return await open(http, host, taken)
      http.close() // done only when the last connection is; the port is free at once
      http.closeIdleConnections()
    },
    async close() {
      http.close()
      http.closeAllConnections()
    },
  }
}

async function serve(
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url: target = '/' } = request
  const record = server.journal.open(method, target, request.rawHeaders)
  const answer = new Answer(request, response, server.clock)
  const left = new AbortController()
  response.once('close', () => {
    record.status = answer.status
    const outcome = response.writableFinished ? 'answered' : answer.isCut ? 'cut' : 'aborted'
    server.journal.close(record, outcome)
    left.abort()
  })
  const startedMs = server.clock.nowMs()
  try {
    const complaint = complaintAbout(request)
    if (complaint !== undefined) {
      refuseWith(complaint, request.socket)
      return
    }
    const body = await readAll(request)
    server.journal.readBody(record, body)
    const call: Call = { server, answer, body, record, signal: left.signal, startedMs }
    await respond(call, method, target)
  } catch (error) {
    fail(answer, error)
  }
}

async function respond(call: Call, method: string, target: string): Promise<void> {
  const { server, signal, record } = call
  const { faults, journal } = server
  const { kind, errors, handle } = choose(method, target)
  if (errors !== undefined) call.answer.errors = errors
  if (faults.hangs(kind)) journal.struck(record, 'hang')
  await faults.untilAnswered(kind, signal)
  if (kind === 'inference') {
    if (faults.headerDelayMs > 0) journal.struck(record, 'headerDelayMs')
    await delay(server.clock, faults.headerDelayMs, signal)
    const refusal = faults.takeRefusal()
    if (refusal !== undefined) {
      journal.struck(record, refusal.fault)
      throw new Failure(refusal.status, refusal.error)
    }
  }
  await handle(call)
}

function fail(answer: Answer, error: unknown): void {
  if (error instanceof Gone) return
  if (error instanceof SocketCut) answer.cut()
  else if (error instanceof Failure) answer.error(error.status, error.message)
  else if (error instanceof GoError) answer.error(400, error.message)
  else throw error // a bug of the fake: ends it, so that the test that met it fails
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length
      if (bytes <= bodyBytesMax) parts.push(part)
    }
  } catch {
    throw new Gone()
  }
  if (bytes > bodyBytesMax) throw new Failure(413, `no body over ${bodyBytesMax} bytes`)
  return Buffer.concat(parts)
}

function count({ journal }: Server, socket: Socket): void {
  journal.counts.connections++
  journal.counts.openConnections++
  socket.once('close', () => void journal.counts.openConnections--)
}

/** What Go answers to bytes that are not a request; the connection ends with it. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const words: Readonly<Record<string, string>> = {
    HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
    HPE_INVALID_VERSION: wrongVersion,
  }
  refuseWith(words[error.code ?? ''] ?? '400 Bad Request', socket)
}

/** What Go's parser refuses and Node's lets pass. */
function complaintAbout(request: IncomingMessage): string | undefined {
  const { rawHeaders, httpVersionMajor, url = '' } = request
  const hosts = rawHeaders.filter(
    (_, at) => rawHeaders[at - 1]?.toLowerCase() === 'host' && at % 2 === 1,
  )
  if (httpVersionMajor === 0) return '400 Bad Request'
  if (httpVersionMajor !== 1) return wrongVersion
  if (hosts.length > 1 || /%(?![0-9a-fA-F]{2})/.test(url)) return '400 Bad Request'
  return /[^\w.:[\]%-]/.test(hosts[0] ?? '') ? '400 Bad Request: malformed Host header' : undefined
}

function refuseWith(line: string, socket: Socket): void {
  const head = `HTTP/1.1 ${line}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close`
  socket.end(`${head}\r\n\r\n${line}`)
}

function open(http: HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      resolve()
    })
  })
}
