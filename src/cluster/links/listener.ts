import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { OdError } from '../../core/errors/index.ts'
import type { Identity, PeerId } from '../identity/index.ts'
import { Doorway } from './doorway.ts'
import type { LinkLimits } from './limits.ts'
import type { RefusalLog } from './refusal-log.ts'
import { peerOf, secureOptionsOf } from './secure.ts'
import { sourceOf } from './source.ts'

/** The other side of a connection whose handshake is over. */
export interface Visitor {
  readonly peer: PeerId
  readonly source: string
}

export interface ListenerOptions {
  readonly identity: Identity
  readonly limits: LinkLimits
  readonly refusals: RefusalLog
  /** Gets each connection whose other side has proved who it is. */
  readonly onVisitor: (socket: TLSSocket, visitor: Visitor) => void
}

export interface Listener {
  /** Rejects with OD_LINK_LISTEN. */
  listen(place: { host?: string; port: number }): Promise<{ port: number }>
  /** Takes a stream as if a connection had come in: the other side of it is a client of TLS, and who it is is yet to be shown. */
  accept(stream: Socket): void
  /** Takes no more; resolves when every connection is gone. */
  close(): Promise<void>
}

/**
 * TCP, and TLS on top of it. TLS does not listen itself, because it would set up its state for a connection before anyone
 * could say that there are too many.
 */
export function makeListener({ identity, limits, refusals, onVisitor }: ListenerOptions): Listener {
  const doorway = new Doorway(limits, (source) => refusals.add(source, 'half-open'))
  const tls = createTlsServer({
    ...secureOptionsOf(identity),
    requestCert: true,
    rejectUnauthorized: false, // no authority signed these: the key itself is looked at
    handshakeTimeout: limits.handshakeMs,
  })
  tls.on('secureConnection', (socket) => {
    doorway.leave(socket)
    const peer = peerOf(socket)
    const source = sourceOf(socket.remoteAddress ?? '')
    if (peer !== undefined) return onVisitor(socket, { peer, source })
    refusals.add(source, 'no-certificate')
    socket.destroy()
  })
  tls.on('tlsClientError', ({ code = '' }: NodeJS.ErrnoException, socket) => {
    const source = sourceOf(socket.remoteAddress ?? '')
    // Who only looks whether the port is open is nobody's business.
    if (code !== 'ECONNRESET') refusals.add(source, 'handshake', { detail: code })
    socket.destroy()
  })
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: limits.probeMs }
  const accept = (socket: Socket): void => {
    if (socket.remoteAddress === undefined) return void socket.destroy() // it has left already
    doorway.enter(socket, sourceOf(socket.remoteAddress))
    tls.emit('connection', socket)
  }
  const tcp = createTcpServer(options, accept)
  return {
    listen: (place) => listen(tcp, place),
    accept,
    async close() {
      const closed = new Promise((resolve) => tcp.close(resolve))
      doorway.clear()
      await closed
    },
  }
}

function listen(tcp: Server, place: { host?: string; port: number }): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => {
      const { host: address = 'every address', port } = place
      const reason = cause.code ?? 'unknown reason'
      reject(new OdError('OD_LINK_LISTEN', { address, port, reason }, { cause }))
    }
    tcp.once('error', fail)
    tcp.listen(place, () => {
      tcp.off('error', fail)
      resolve({ port: (tcp.address() as AddressInfo).port })
    })
  })
}
