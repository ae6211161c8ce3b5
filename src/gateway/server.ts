import { createServer, type Server } from 'node:http'
import { OdError } from '../core/errors/index.ts'
import { isErrno } from '../sys/files.ts'
import type { ClientRequest, ClientResponse } from './client.ts'
import type { GatewayContext } from './context.ts'
import { DroppedConnections } from './dropped.ts'
import { takeRequest } from './edge.ts'
import { beginExchange, type Exchange } from './exchange.ts'
import { type Lane, openLane } from './lane/index.ts'
import type { GatewayLimits } from './limits.ts'
import { Refusals } from './refusals.ts'
import { isInference, type Route } from './routes.ts'

/** How often Node looks for requests that are late, at most. */
const lateCheckMs = 500

/**
 * Connections that the system keeps until they are taken; of more than it has room for it cuts some without a word, after
 * their request was sent. Node asks for 511. Linux gives 4,096 at most (net.core.somaxconn).
 */
const untakenMax = 4_096

/** Bodies up to this size are read by the lane: what one read of a connection brings. */
const laneBodyBytesMax = 48 * 1024

/** A server, and the lane before it. */
export interface GatewayServer {
  readonly server: Server
  readonly lane: Lane
}

/** Makes Node's HTTP server with the edge's limits, and the lane before it; every request goes to `takeRequest`. */
export function makeServer(context: GatewayContext): GatewayServer {
  const { limits, log, clock } = context
  const dropped = new DroppedConnections({ log, clock, everyMs: limits.dropReportMs })
  const refusals = new Refusals(context, dropped)
  let openCount = 0
  const take = (request: ClientRequest, response: ClientResponse) => {
    if (refusals.isEnding(request.socket)) return void request.resume()
    const exchange = beginExchange(request, response, context)
    const before = refusals.began(exchange)
    if (before === undefined || before.response.writableFinished) return begin(exchange)
    // Several requests may come with one read. What ends the connection in the first is known a turn later, and those behind it
    // are not looked at.
    setImmediate(() => {
      if (before.response.shouldKeepAlive && !response.destroyed) return begin(exchange)
      response.shouldKeepAlive = false
      request.resume()
    })
  }
  const takeOfNode = (request: ClientRequest, response: ClientResponse) => {
    // Behind such a request Node's parser drops what came with it, so that the next thing it reads may begin anywhere.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false
    take(request, response)
  }
  const begin = (exchange: Exchange) => {
    const { request, response } = exchange
    const isCrowded = openCount > limits.crowdedConnections
    server.keepAliveTimeout = isCrowded ? limits.keepAliveCrowdedMs : limits.keepAliveIdleMs
    response.on('finish', () => {
      if (context.isStopping()) request.socket.destroySoon()
      else if (!request.complete) dropRest(request, context)
    })
    void takeRequest(exchange, context) // answers its own errors
  }
  const server = createServer(serverOptions(limits), takeOfNode)
  // One more than allowed, so that one too many is seen and refused instead of dropped in silence.
  server.maxHeadersCount = limits.headerFieldsMax + 1
  server.maxConnections = limits.connectionsMax
  server.on('checkContinue', takeOfNode) // whether the body is wanted is known after the limits are checked
  server.on('checkExpectation', takeOfNode)
  server.on('connect', (_, socket) => refusals.refuseTunnel(socket))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refusals.refuseBytes(error, socket)
  })
  server.on('connection', (socket) => {
    openCount++
    socket.once('close', () => openCount--)
  })
  server.on('drop', () => dropped.count('overLimit'))
  server.on('close', () => dropped.flush())
  const lane = openLane({
    server,
    bounds: {
      headerBytesMax: limits.headerBytesMax,
      headerFieldsMax: limits.headerFieldsMax,
      bodyBytesMax: Math.min(laneBodyBytesMax, limits.clientBodyBytesMax),
      targets: new Set(context.routes.filter(isInLane).map(({ path }) => path)),
    },
    clock,
    lookMs: Math.min(lateCheckMs, limits.headersMs),
    take,
  })
  return { server, lane }
}

function isInLane(route: Route): boolean {
  return isInference(route) && route.modelIn === 'json'
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
    server.listen({ host: address, port, backlog: untakenMax }, () => {
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
    requestTimeout: 0, // an upload may take hours; each way of reading a body has bounds of its own
    connectionsCheckingInterval: Math.min(lateCheckMs, limits.headersMs),
    keepAliveTimeout: limits.keepAliveIdleMs,
    noDelay: true,
    insecureHTTPParser: false,
    requireHostHeader: false, // the edge refuses it, with an answer of its own
  }
}

/** What is left of a body that nobody reads has as long as one that is read. */
function dropRest(request: ClientRequest, { clock, limits }: GatewayContext): void {
  const { socket } = request
  const cancel = clock.after(limits.bodyMs, () => socket.destroy())
  const settle = () => {
    cancel()
    request.off('close', settle)
    socket.off('close', settle)
  }
  request.once('close', settle) // also when it has come to its end
  socket.once('close', settle) // of an answered request this is not told
}
