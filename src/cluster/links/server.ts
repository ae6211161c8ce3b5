import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { Identity, PeerId } from '../identity/index.ts'
import { type JoinRequestHandler, joinPath, makeJoinRoute, refuse } from './join-route.ts'
import { type LinkLimits, linkLimits } from './limits.ts'
import { makeListener } from './listener.ts'
import type { Members } from './members.ts'
import { RefusalLog } from './refusal-log.ts'
import { type TunnelWish, tunnelWish } from './tunnel.ts'
import { Visitors } from './visitors.ts'

export interface LinksServerOptions {
  readonly identity: Identity
  readonly members: Members
  /** Address to listen on; every one of this machine when absent. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port: number
  /** Gets every request of a member, with who it is; bodies are streams both ways. */
  readonly onRequest: (peer: PeerId, request: IncomingMessage, response: ServerResponse) => void
  /** Gets what a member asks to be turned into a stream of bytes; such wishes are refused when it is absent. */
  readonly onTunnel?: (peer: PeerId, wish: TunnelWish) => void
  /** Answers whoever asks to become a member. */
  readonly onJoin: JoinRequestHandler
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<LinkLimits>
}

export interface LinksServer {
  readonly port: number
  /** Takes a stream, whose other side is a client of TLS, as if a connection had come in at the port. */
  accept(stream: Socket): void
  /** Takes no more, lets answers finish for up to `graceMs`, then cuts what is left. */
  stop(graceMs: number): Promise<void>
}

/** How often Node looks for requests that are late, at most. */
const lateCheckMs = 500

/**
 * Listens for other nodes. A connection reaches HTTP when its other side has proved who it is; from there members reach
 * every route, strangers the join route alone. Rejects with OD_LINK_LISTEN.
 */
export async function startLinksServer(options: LinksServerOptions): Promise<LinksServer> {
  const { identity, members, clock, log, host, port } = options
  const limits = { ...linkLimits, ...options.limits }
  const refusals = new RefusalLog({ log, clock, sourcesMax: limits.loggedSourcesMax })
  const visitors = new Visitors(limits, members)
  const http = makeHttp(options, { limits, refusals, visitors })
  const listener = makeListener({
    identity,
    limits,
    refusals,
    onVisitor(socket, visitor) {
      const { peer, source } = visitor
      if (!visitors.enter(socket, visitor)) {
        refusals.add(source, 'connections', { peer })
        socket.destroy()
        return
      }
      if (!members.has(peer)) {
        const cancel = clock.after(limits.strangerMs, () => {
          if (members.has(peer)) return // it was let in meanwhile
          refusals.add(source, 'slow', { peer })
          socket.destroy()
        })
        socket.once('close', cancel)
      }
      http.emit('connection', socket)
    },
  })
  const place = await listener.listen({ port, ...(host === undefined ? {} : { host }) })
  const unsubscribe = members.onRemoved((peer) => visitors.drop(peer))
  return {
    port: place.port,
    accept: (stream) => listener.accept(stream),
    async stop(graceMs) {
      const closed = listener.close()
      http.close()
      http.keepAliveTimeout = 1 // who has its answer goes
      visitors.dropUnasked()
      const cancel = clock.after(graceMs, () => visitors.dropAll())
      await closed
      cancel()
      unsubscribe()
      refusals.flush()
    },
  }
}

interface Parts {
  readonly limits: LinkLimits
  readonly refusals: RefusalLog
  readonly visitors: Visitors
}

function makeHttp(
  { members, onRequest, onTunnel, onJoin, clock, log }: LinksServerOptions,
  { limits, refusals, visitors }: Parts,
): Server {
  const join = makeJoinRoute({ onJoin, limits, refusals, clock, log })
  const http = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersMs,
      requestTimeout: 0, // a file may take hours; a stranger's connection has a time of its own
      connectionsCheckingInterval: Math.min(lateCheckMs, limits.headersMs),
      keepAliveTimeout: limits.idleMs,
    },
    (request, response) => {
      const visitor = visitors.asks(request.socket)
      if (visitor === undefined) return void request.socket.destroy()
      const { peer, source } = visitor
      const isMember = members.has(peer)
      if (!isMember) response.shouldKeepAlive = false
      if (request.rawHeaders.length / 2 > limits.headerFieldsMax) {
        refusals.add(source, 'headers', { peer })
        refuse(response, 431, 'there are too many headers')
      } else if (request.url === joinPath && request.method === 'POST') {
        void join(visitor, request, response) // answers its own errors
      } else if (isMember) {
        onRequest(peer, request, response)
      } else {
        refusals.add(source, 'not-a-member', { peer })
        refuse(response, 403, 'this node is no member of the cluster')
      }
    },
  )
  http.on('upgrade', (request, socket, early) => {
    const visitor = visitors.asks(socket)
    if (visitor === undefined) return void socket.destroy()
    const wish = tunnelWish(request, socket as TLSSocket)
    const isInTime = early.length === 0 // its stream begins with our answer
    if (onTunnel !== undefined && isInTime && members.has(visitor.peer)) {
      return onTunnel(visitor.peer, wish)
    }
    refusals.add(visitor.source, isInTime ? 'not-a-member' : 'malformed', { peer: visitor.peer })
    wish.refuse(403, 'this node opens no streams for it')
  })
  // One more than allowed, so that one too many is seen and refused instead of dropped in silence.
  http.maxHeadersCount = limits.headerFieldsMax + 1
  http.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket) => {
    const visitor = visitors.get(socket)
    const reason = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'slow' : 'malformed'
    if (visitor !== undefined && code !== 'ECONNRESET') {
      refusals.add(visitor.source, reason, { peer: visitor.peer, detail: code })
    }
    socket.destroy()
  })
  http.emit('listening') // a server that is given its connections does not look for late requests without it
  return http
}
