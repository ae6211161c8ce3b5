/** The embedded engine's HTTP server: Ollama's routes on a loopback address. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isOdError, OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import { machineName, reachableAddresses } from '../../sys/machine.ts'
import { parseIp } from '../../wire/http/address.ts'
import { admit, type Listener } from '../../wire/http/admission.ts'
import { readAllowedOrigins } from '../../wire/http/origin.ts'
import { readTarget } from '../../wire/http/target.ts'
import { badRequest, unreadableHead } from '../../wire/http/unreadable.ts'
import { renderOllamaError } from '../../wire/ollama/errors.ts'
import { Answer } from './answer.ts'
import { redirectOf } from './redirect.ts'
import { type Match, type RouteTable, routeFor } from './route-table.ts'
import { UnreadableBytes } from './unreadable-bytes.ts'

export type { Exchange, Handler, RouteTable } from './route-table.ts'

/** A larger body is refused; images of a long chat fit. The gateway in front has the same limit. */
const bodyBytesMax = 64 * 1024 * 1024

/** `requireHostHeader`: a request without a host is refused below, in Go's words. */
const serverOptions = { requireHostHeader: false, maxHeaderSize: 1024 * 1024 } // Go's own bound of a head

/** A server that listens. */
export interface EngineServer {
  readonly url: string
  stop(): Promise<void>
}

/** Listens on `host:port` (0: any free port). `origins`: pages that may use it besides those that always may. Rejects with the system's error when the address cannot be had. */
export async function startServer(options: {
  host: string
  port: number
  origins: readonly string[]
  routes: RouteTable
  clock: Clock
  log: Log
}): Promise<EngineServer> {
  const { routes, clock, log } = options
  const isLoopback = parseIp(options.host)?.isLoopback === true || options.host === 'localhost'
  const site: Site = {
    routes,
    log,
    listener: {
      isLoopback: () => isLoopback,
      machineName,
      addresses: reachableAddresses,
      origins: readAllowedOrigins(options.origins),
    },
  }
  const unreadable = new UnreadableBytes(routes, clock)
  const server = createServer(serverOptions, (request, response) => {
    unreadable.answering(request, response)
    void serve(request, response, site)
  })
  server.on('clientError', (error, socket) => unreadable.refuse(error, socket))
  server.on('checkExpectation', (_, response: ServerResponse) => {
    response.writeHead(417, { 'Content-Length': 0, Connection: 'close' }).end()
  })
  server.requestTimeout = 0 // the gateway watches its clients; a slow upload to loopback harms nobody
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://${options.host}:${port}`, stop: () => stop(server) }
}

/** What every request of one server shares. */
interface Site {
  readonly routes: RouteTable
  readonly log: Log
  readonly listener: Listener
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
): Promise<void> {
  const { method = 'GET', url = '/' } = request
  const answer = new Answer(response)
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const refusal = unreadableHead(request)
  if (refusal !== undefined) return answer.unreadable(refusal)
  if (method === 'OPTIONS' && url === '*') return answer.empty(200) // the server as a whole
  const target = readTarget(url, 'redirected')
  if (target === undefined) return answer.unreadable(badRequest())
  const redirect = redirectOf(site.routes, method, target)
  if (redirect !== undefined) return answer.redirect(redirect, method)
  const { path } = target
  const match = routeFor(site.routes, method, path)
  if (!isAdmitted(request, response, match, site)) return
  try {
    if (match === undefined) answer.whole(404, '404 page not found', 'refusal')
    else if (match.type === 'otherMethod') {
      answer.whole(405, '405 method not allowed', 'refusal', { Allow: match.allowed })
    } else if (match.type === 'whole') {
      const { handler, parameter } = match
      const body = await readBody(request)
      const { headers } = request
      await handler({ body, headers, parameter, answer, signal: gone.signal })
    } else {
      const { handler, parameter } = match
      const chunks = request.iterator({ destroyOnReturn: false }) // a refusal is still to be sent on this connection
      const query = new URLSearchParams(target.query)
      await handler.stream({ chunks, sizeBytes: sizeOf(request), query, parameter, answer })
    }
  } catch (error) {
    fail(answer, error, gone.signal, { log: site.log, path })
  }
}

/** False when the sender has been turned away, or told what it wanted to know; otherwise a page may read the answer. */
function isAdmitted(
  request: IncomingMessage,
  response: ServerResponse,
  match: Match,
  { listener }: Site,
): boolean {
  const { method = '', headers } = request
  const admission = admit({ method, host: headers.host, origin: headers.origin }, listener)
  for (let i = 0; i + 1 < admission.headers.length; i += 2) {
    response.appendHeader(admission.headers[i] ?? '', admission.headers[i + 1] ?? '')
  }
  if (admission.type === 'admitted') return true
  if (match?.type === 'otherMethod') response.setHeader('Allow', match.allowed)
  if (admission.type === 'done') response.writeHead(204).end()
  else response.writeHead(403, { 'Content-Length': 0 }).end()
  return false
}

function fail(
  answer: Answer,
  error: unknown,
  signal: AbortSignal,
  { log, path }: { log: Log; path: string },
): void {
  if (signal.aborted) return // nobody is there to read it
  const rendered = renderOllamaError(error)
  const { status } = rendered
  const detail = isOdError(error) ? error.detail : String(error)
  if (status >= 500) log.warn({ path, status, detail }, 'request.failed')
  if (answer.hasBegun) answer.fail(rendered)
  else answer.refuse(rendered)
}

/** What `Content-Length` says; undefined when there is none. */
function sizeOf({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  const received: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false }) // see above
  for await (const chunk of received) {
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
