import { connect, type SecureContext, type TLSSocket } from 'node:tls'
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import { formatMultiaddress, type Multiaddress, type PeerId } from '../identity/index.ts'
import { dialFailure, mostTelling } from './dial-failure.ts'
import type { LinkLimits } from './limits.ts'
import { peerOf } from './secure.ts'

export interface DialOptions {
  readonly secureContext: SecureContext
  readonly limits: LinkLimits
  readonly clock: Clock
}

/**
 * A connection to the peer, at the first of its addresses where it is found. They are tried in order, the next one when the
 * one before has failed or is slow; the first whose other side proves to be the peer wins, and nothing was sent to any
 * other. Rejects with an OD_LINK_… error when none does, or when it takes longer than `connectMs`.
 */
export function dial(
  peer: PeerId,
  addresses: readonly Multiaddress[],
  { secureContext, limits, clock }: DialOptions,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const failures: OdError[] = []
  const attempts = new Map<TLSSocket, Multiaddress>()
  let tried = 0
  let cancelStagger = () => {}

  const finish = (won?: TLSSocket): void => {
    cancelTime()
    cancelStagger()
    for (const socket of attempts.keys()) if (socket !== won) socket.destroy()
    attempts.clear()
    if (won !== undefined) return resolve(won)
    const none = () => new OdError('OD_LINK_NO_ADDRESS', { peer })
    reject(failures.length === 0 ? none() : mostTelling(failures))
  }
  const next = (): void => {
    cancelStagger()
    const address = addresses[tried++]
    if (address === undefined) {
      if (attempts.size === 0) finish()
      return
    }
    const socket = connectTo(address, secureContext, limits)
    attempts.set(socket, address)
    const fail = (failure: OdError): void => {
      if (!attempts.delete(socket)) return // the race is over
      socket.destroy()
      failures.push(failure)
      next()
    }
    socket.on('error', (error) => fail(dialFailure(address, error)))
    socket.once('secureConnect', () => {
      const found = peerOf(socket)
      if (found === peer && attempts.has(socket)) return finish(socket)
      fail(wrongId(address, peer, found))
    })
    cancelStagger = clock.after(limits.staggerMs, next)
  }
  const cancelTime = clock.after(limits.connectMs, () => {
    const seconds = limits.connectMs / 1000
    for (const address of attempts.values()) {
      const parameters = { place: formatMultiaddress(address), seconds }
      failures.push(new OdError('OD_LINK_CONNECT_TIMEOUT', parameters))
    }
    finish()
  })
  next()
  return promise
}

const families = { ip4: 4, ip6: 6, dns4: 4, dns6: 6, dns: 0 } as const

function connectTo(
  { kind, host, port }: Multiaddress,
  secureContext: SecureContext,
  { probeMs }: LinkLimits,
): TLSSocket {
  const place = { host, port, family: families[kind] }
  const socket = connect({
    ...place,
    secureContext,
    rejectUnauthorized: false, // no authority signed these: the caller looks at the key itself
  })
  socket.setNoDelay(true)
  return socket.setKeepAlive(true, probeMs)
}

function wrongId(address: Multiaddress, peer: PeerId, found: PeerId | undefined): OdError {
  const parameters = { address: formatMultiaddress(address), peer, found: found ?? 'no node' }
  return new OdError('OD_LINK_WRONG_ID', parameters)
}
