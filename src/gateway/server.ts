import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { OdError } from '../core/errors/index.ts'
import { isErrno } from '../sys/files.ts'
import type { GatewayContext } from './context.ts'
import { notFoundAnswer, takeRequest } from './edge.ts'
import type { GatewayLimits } from './limits.ts'
import { answerParserError, writeRawAnswer } from './parser-errors.ts'

/** How often Node looks for requests that are late, at most. */
const lateCheckMs = 1_000

/** Makes Node's HTTP server with the edge's limits; every request goes to `takeRequest`. */
export function makeServer(context: GatewayContext): Server {
  const { limits } = context
  const newest = new WeakMap<Duplex, ServerResponse>()
  const take = (request: IncomingMessage, response: ServerResponse) => {
    newest.set(request.socket, response)
    void takeRequest(request, response, context) // answers its own errors
  }
  const server = createServer(serverOptions(limits), take)
  // One more than allowed, so that one too many is seen and refused instead of dropped in silence.
  server.maxHeadersCount = limits.headerFieldsMax + 1
  server.maxConnections = limits.connectionsMax
  server.on('checkContinue', take) // whether the body is wanted is known after the limits are checked
  server.on('checkExpectation', take)
  server.on('connect', (_, socket) => {
    // Ollama's answer: a tunnel is no path of ours, and the connection has no further use.
    writeRawAnswer(socket, notFoundAnswer, context.newId())
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refuseBytes(error, socket, newest.get(socket), context)
  })
  return server
}

/**
 * Starts listening. Throws OD_PORT_TAKEN when another program has the port, OD_LISTEN_FAILED for an address that is not
 * this machine's or a port that needs rights.
 */
export function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const isTaken = isErrno(error, 'EADDRINUSE')
      const reason = error.code ?? 'unknown reason'
      reject(
        isTaken
          ? new OdError(
              'OD_PORT_TAKEN',
              { address, port, other: neighbourOf(port) },
              { cause: error },
            )
          : new OdError('OD_LISTEN_FAILED', { address, port, reason }, { cause: error }),
      )
    }
    server.once('error', fail)
    server.listen({ host: address, port }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

/** Another port to suggest. */
function neighbourOf(port: number): number {
  return port < 65_535 ? port + 1 : port - 1
}

function serverOptions(limits: GatewayLimits) {
  return {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersMs,
    // The body reader is stricter; this one bounds the bodies that are thrown away unread.
    requestTimeout: limits.headersMs + limits.bodyMs,
    connectionsCheckingInterval: Math.min(lateCheckMs, limits.headersMs),
    keepAliveTimeout: limits.keepAliveIdleMs,
    noDelay: true,
    insecureHTTPParser: false,
    requireHostHeader: false, // the edge refuses it, with an answer of its own
  }
}

/** A refused request gets an answer, unless another one is on its way on the same connection: then only the end. */
function refuseBytes(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  newest: ServerResponse | undefined,
  { limits, log, clock, newId }: GatewayContext,
): void {
  const isAnswering = newest?.headersSent === true && !newest.writableFinished
  if (!socket.writable || isAnswering || isErrno(error, 'ECONNRESET')) {
    socket.destroy()
    return
  }
  const requestId = newId()
  const answer = answerParserError(error.code, limits)
  writeRawAnswer(socket, answer, requestId)
  const cancel = clock.after(limits.lingerMs, () => socket.destroy())
  socket.once('close', cancel)
  log.info({ requestId, status: answer.status, cause: error.code }, 'request.refused')
}
