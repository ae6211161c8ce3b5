import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Identity } from '../../../src/cluster/identity/index.ts'
import { until } from '../../support/until.ts'

/** What a node shows of itself, for a TLS client that keeps to no rule of ours. */
export function credentialsOf({ privateKey, certificate }: Identity): ConnectionOptions {
  return { key: privateKey.export({ format: 'pem', type: 'pkcs8' }), cert: certificate }
}

/** A TLS connection to a port of this machine, and all that came over it. */
export interface TlsClient {
  readonly socket: TLSSocket
  /** Text that came so far. */
  readonly came: () => string
  /** Resolves with all that came when the other side has ended it, or the handshake failed. */
  readonly closed: () => Promise<string>
}

export function connectTls(port: number, options: ConnectionOptions): TlsClient {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {}) // it ends, which is what is looked at
  onTestFinished(() => void socket.destroy())
  return {
    socket,
    came: () => text,
    async closed() {
      await until('the other side ends it', () => socket.closed)
      return text
    },
  }
}
