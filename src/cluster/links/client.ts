import { createSecureContext, type TLSSocket } from 'node:tls'
import { type buildConnector, type Dispatcher, Pool } from 'undici'
import type { Clock } from '../../sys/clock.ts'
import type { Identity, Multiaddress, PeerId } from '../identity/index.ts'
import { dial, inOrder } from './dial.ts'
import { type LinkLimits, linkLimits } from './limits.ts'
import type { Members } from './members.ts'
import type { ReachOptions } from './reach.ts'
import { secureOptionsOf } from './secure.ts'
import { Turns } from './turns.ts'

/** Carries requests to one peer, as a pool of undici carries them to an engine. What fails to connect was not sent. */
export type Link = Pick<Dispatcher, 'dispatch'>

export interface LinksClientOptions {
  readonly identity: Identity
  /** Who is taken out of them loses its connections at once. A peer need not be among them: who joins is not yet. */
  readonly members: Members
  readonly clock: Clock
  readonly limits?: Partial<LinkLimits>
  /** Reaches a node that cannot be dialled and keeps streams open to this one. */
  readonly ownCircuit?: ReachOptions['ownCircuit']
}

/** Links that this node opens. */
export interface LinksClient {
  /**
   * The link to a peer. Connections are made when requests need them, and kept. `addresses`, in the order in which they are
   * tried, take the place of earlier ones for connections that are yet to be made.
   */
  to(peer: PeerId, addresses: readonly Multiaddress[]): Link
  /**
   * A connection of its own, before any HTTP; it is cut with the link to the peer. Rejects with an OD_LINK_… error.
   */
  connect(peer: PeerId, addresses: readonly Multiaddress[]): Promise<TLSSocket>
  /** Cuts the link to one. */
  drop(peer: PeerId): void
  /** Cuts all of them. */
  stop(): Promise<void>
}

interface KnownPeer {
  addresses: readonly Multiaddress[]
  readonly pool: Pool
}

/** Nobody reads it: the other side is known by its key, and a node serves one host only. */
const origin = 'https://link'

/** Makes the links of a node. Nothing is opened before the first request. */
export function makeLinksClient({
  identity,
  members,
  clock,
  limits: given,
  ownCircuit,
}: LinksClientOptions): LinksClient {
  const limits = { ...linkLimits, ...given }
  const secureContext = createSecureContext(secureOptionsOf(identity))
  const common = { self: identity.peer, secureContext, limits, clock }
  const reaching = ownCircuit === undefined ? common : { ...common, ownCircuit }
  const peers = new Map<PeerId, KnownPeer>()
  const connections = new Map<TLSSocket, PeerId>()
  let isStopped = false
  const drop = (peer: PeerId): void => {
    for (const [socket, other] of connections) if (other === peer) socket.destroy()
    const known = peers.get(peer)
    peers.delete(peer)
    void known?.pool.destroy() // never rejects
  }
  const unsubscribe = members.onRemoved(drop)
  return {
    to(peer, addresses) {
      const known = peers.get(peer)
      if (known !== undefined) {
        known.addresses = addresses
        return known.pool
      }
      const connector = connectorTo(peer, () => made.addresses, reaching)
      const made: KnownPeer = { addresses, pool: poolOf(connector, limits) }
      peers.set(peer, made)
      return made.pool
    },
    async connect(peer, addresses) {
      const { socket } = await dial(peer, inOrder(addresses, undefined), reaching)
      if (isStopped) socket.destroy()
      connections.set(socket, peer)
      return socket.once('close', () => connections.delete(socket))
    },
    drop,
    async stop() {
      unsubscribe()
      isStopped = true
      for (const socket of connections.keys()) socket.destroy()
      const pools = [...peers.values()].map(({ pool }) => pool)
      peers.clear()
      await Promise.all(pools.map((pool) => pool.destroy()))
    },
  }
}

/** Waiting for headers and for body bytes has no limit here: how long an answer may take is known to who asks. */
function poolOf(connector: buildConnector.connector, limits: LinkLimits): Pool {
  return new Pool(origin, {
    connect: connector,
    connections: limits.connectionsPerPeerMax,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: limits.peerIdleMs,
    keepAliveMaxTimeout: limits.peerIdleMs,
    maxHeaderSize: limits.headerBytesMax,
    allowH2: false,
  })
}

function connectorTo(
  peer: PeerId,
  addresses: () => readonly Multiaddress[],
  options: ReachOptions,
): buildConnector.connector {
  const turns = new Turns(options.limits.dialsPerPeerMax)
  let lastFoundAt: Multiaddress | undefined
  const connect = async (callback: buildConnector.Callback): Promise<void> => {
    let socket: TLSSocket
    try {
      const dialled = await turns.run(() => {
        return dial(peer, inOrder(addresses(), lastFoundAt), options)
      })
      socket = dialled.socket
      lastFoundAt = dialled.address
    } catch (error) {
      return callback(error as Error, null)
    }
    callback(null, socket)
  }
  return (_, callback) => void connect(callback)
}
