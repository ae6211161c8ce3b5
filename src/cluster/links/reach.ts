/** One try to reach a peer at one address: by itself, or through the node there that passes connections on to it. */
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls'
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import { formatMultiaddress, type Multiaddress, type PeerId } from '../identity/index.ts'
import { dialFailure } from './dial-failure.ts'
import type { LinkLimits } from './limits.ts'
import { peerOf } from './secure.ts'
import { openTunnel } from './tunnel.ts'

/** Where a node is asked to pass a connection on to the one whose id follows. */
export const circuitPath = '/link/v1/relay/dial/'

export interface ReachOptions {
  readonly self: PeerId
  readonly secureContext: SecureContext
  readonly limits: LinkLimits
  readonly clock: Clock
  /** A stream to a node that cannot be dialled and keeps one open to this node. Rejects with OD_LINK_TUNNEL_REFUSED. */
  readonly ownCircuit?: (peer: PeerId) => Promise<TLSSocket>
}

/**
 * A connection to the peer there, which has proved who it is. `signal` ends the try. Rejects with an OD_LINK_… error that
 * names the address.
 */
export async function reach(
  peer: PeerId,
  address: Multiaddress,
  options: ReachOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { relay, kind, host, port } = address
  if (relay === undefined) return await secure(peer, address, placeOf(address), options, signal)
  const socket = await streamThrough(
    relay,
    peer,
    { kind, host, port, peer: relay },
    options,
    signal,
  )
  return await secure(peer, address, { socket }, options, signal)
}

async function streamThrough(
  relay: PeerId,
  peer: PeerId,
  address: Multiaddress,
  options: ReachOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { self, ownCircuit, clock, limits } = options
  if (relay === self) {
    if (ownCircuit !== undefined) return await ownCircuit(peer)
    throw new OdError('OD_LINK_TUNNEL_REFUSED', { peer: relay, reason: 'it is this node' })
  }
  const connection = await secure(relay, address, placeOf(address), options, signal)
  const end = () => connection.destroy()
  signal.addEventListener('abort', end, { once: true })
  const { connectMs: timeoutMs } = limits
  const path = `${circuitPath}${peer}`
  const stream = await openTunnel(connection, { peer: relay, path, timeoutMs, clock })
  signal.removeEventListener('abort', end)
  return stream
}

const families = { ip4: 4, ip6: 6, dns4: 4, dns6: 6, dns: 0 } as const

function placeOf({ kind, host, port }: Multiaddress): ConnectionOptions {
  return { host, port, family: families[kind] } as ConnectionOptions
}

function secure(
  peer: PeerId,
  address: Multiaddress,
  place: ConnectionOptions,
  { secureContext, limits }: ReachOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...place,
      secureContext,
      rejectUnauthorized: false, // no authority signed these: the key itself is looked at
    })
    socket.setNoDelay(true)
    socket.setKeepAlive(true, limits.probeMs)
    const fail = (failure: OdError): void => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      reject(failure)
    }
    const abort = () => fail(dialFailure(address, new Error('given up')))
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', (error) => fail(dialFailure(address, error)))
    socket.once('close', () => fail(dialFailure(address, new Error('closed'))))
    socket.once('secureConnect', () => {
      const found = peerOf(socket)
      if (found !== peer) return fail(wrongId(address, peer, found))
      signal.removeEventListener('abort', abort)
      resolve(socket)
    })
    if (signal.aborted) abort()
  })
}

function wrongId(address: Multiaddress, peer: PeerId, found: PeerId | undefined): OdError {
  const parameters = { address: formatMultiaddress(address), peer, found: found ?? 'no node' }
  return new OdError('OD_LINK_WRONG_ID', parameters)
}
