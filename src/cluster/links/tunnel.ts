/** A connection of a link that stops speaking HTTP: from then on it is a stream of bytes (RFC 9110 §7.8). */
import { request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { PeerId } from '../identity/index.ts'

/** What both sides speak afterwards. */
const protocol = 'od-tunnel/1'

/** The wish for a stream; one of both is called, once. */
export interface TunnelWish {
  readonly path: string
  /** The connection itself: it closes when who asked has gone. */
  readonly stream: TLSSocket
  /** From here on the connection is the stream. */
  accept(): void
  refuse(status: number, reason: string): void
}

/** What was asked for at the listening side. */
export function tunnelWish(request: IncomingMessage, stream: TLSSocket): TunnelWish {
  stream.on('error', () => {}) // it closes, and that is heard
  return {
    path: request.url ?? '',
    stream,
    accept() {
      stream.write(
        `HTTP/1.1 101 ${STATUS_CODES[101]}\r\nconnection: upgrade\r\nupgrade: ${protocol}\r\n\r\n`,
      )
    },
    refuse(status, reason) {
      const body = JSON.stringify({ error: reason })
      const length = Buffer.byteLength(body)
      stream.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
      )
    },
  }
}

/**
 * Turns a fresh connection to `peer` into a stream. Rejects with OD_LINK_TUNNEL_REFUSED when it is refused, takes longer, or
 * breaks; the connection is gone then.
 */
export function openTunnel(
  connection: TLSSocket,
  { peer, path, timeoutMs, clock }: { peer: PeerId; path: string; timeoutMs: number; clock: Clock },
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  connection.on('error', () => {}) // it closes, and that is heard
  const fail = (reason: string): void => {
    cancel()
    connection.destroy()
    reject(new OdError('OD_LINK_TUNNEL_REFUSED', { peer, reason }))
  }
  const cancel = clock.after(timeoutMs, () => fail(`no answer within ${timeoutMs / 1000} s`))
  const request = httpRequest({
    createConnection: () => connection,
    method: 'POST',
    path,
    headers: { host: 'link', connection: 'upgrade', upgrade: protocol },
  })
  request.on('upgrade', (_, __, early) => {
    if (early.length > 0) return fail('it spoke too early')
    cancel()
    resolve(connection)
  })
  request.on('response', (response) => fail(`status ${response.statusCode}`))
  request.on('error', ({ code, message }: NodeJS.ErrnoException) => fail(code ?? message))
  request.end()
  return promise
}
