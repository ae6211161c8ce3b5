/** The embedded engine's HTTP server: Ollama's routes on a loopback address. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isOdError, OdError } from '../../core/errors/index.ts'
import type { Log } from '../../sys/log.ts'
import { renderOllamaError } from '../../wire/ollama/errors.ts'
import { errorLine } from '../../wire/ollama/responses.ts'
import { Answer } from './answer.ts'

/** One request with its whole body. */
export interface Exchange {
  readonly body: Uint8Array
  readonly answer: Answer
  /** Fires when the client has gone. */
  readonly signal: AbortSignal
}

export type Handler = (exchange: Exchange) => void | Promise<void>

/** Handlers by `METHOD /path`. */
export type RouteTable = Readonly<Record<string, Handler>>

/** A larger body is refused; images of a long chat fit. The gateway in front has the same limit. */
const bodyBytesMax = 64 * 1024 * 1024

/** A server that listens. */
export interface EngineServer {
  readonly url: string
  stop(): Promise<void>
}

/** Listens on `host:port` (0: any free port). Rejects with the system's error when the address cannot be had. */
export async function startServer(options: {
  host: string
  port: number
  routes: RouteTable
  log: Log
}): Promise<EngineServer> {
  const { routes, log } = options
  const server = createServer((request, response) => void serve(request, response, routes, log))
  server.requestTimeout = 0 // the gateway watches its clients; a slow upload to loopback harms nobody
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://${options.host}:${port}`, stop: () => stop(server) }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  routes: RouteTable,
  log: Log,
): Promise<void> {
  const answer = new Answer(response)
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const path = new URL(request.url ?? '/', 'http://engine').pathname
  try {
    const handler = routeFor(routes, request.method ?? 'GET', path)
    if (typeof handler === 'function') {
      await handler({ body: await readBody(request), answer, signal: gone.signal })
    } else if (handler === undefined) answer.whole(404, '404 page not found', 'refusal')
    else answer.whole(405, '405 method not allowed', 'refusal', { Allow: handler.allowed })
  } catch (error) {
    fail(answer, error, gone.signal, { log, path })
  }
}

/** The handler, or the methods that the path has, or undefined when there is no such path. */
function routeFor(
  routes: RouteTable,
  method: string,
  path: string,
): Handler | { readonly allowed: string } | undefined {
  const handler = routes[`${method === 'HEAD' ? 'GET' : method} ${path}`]
  if (handler !== undefined) return handler
  const known = Object.keys(routes).find((key) => key.endsWith(` ${path}`))
  return known === undefined ? undefined : { allowed: known.slice(0, known.indexOf(' ')) }
}

function fail(
  answer: Answer,
  error: unknown,
  signal: AbortSignal,
  { log, path }: { log: Log; path: string },
): void {
  if (signal.aborted) return // nobody is there to read it
  const { status, body } = renderOllamaError(error)
  const detail = isOdError(error) ? error.detail : String(error)
  if (status >= 500) log.warn({ path, status, detail }, 'request.failed')
  if (!answer.hasBegun) return answer.whole(status, body)
  answer.line(errorLine(error))
  answer.end()
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > bodyBytesMax) throw new OdError('OD_ENGINE_BODY_TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
