/** Nodes on the loopback address: some that can be dialled, and hidden ones whose own port nobody is told. */
import { onTestFinished } from 'vitest'
import type { Identity, Multiaddress, PeerId } from '../../../src/cluster/identity/index.ts'
import { parseMultiaddress } from '../../../src/cluster/identity/index.ts'
import {
  type LinksClient,
  type LinksServer,
  Members,
  makeLinksClient,
  startLinksServer,
  type TunnelWish,
} from '../../../src/cluster/links/index.ts'
import { RelayHub, type RelayLimits, WayIn } from '../../../src/cluster/relay/index.ts'
import { systemClock as clock } from '../../../src/sys/clock.ts'
import { silentLog as log } from '../../../src/sys/log.ts'
import { newIdentity } from '../links/link-setup.ts'

export interface RelayNode {
  readonly identity: Identity
  readonly peer: PeerId
  readonly members: Members
  readonly client: LinksClient
  readonly server: LinksServer
  readonly hub: RelayHub
  /** Where it listens. */
  readonly address: Multiaddress
  /** Its addresses behind other nodes. */
  circuits(): readonly Multiaddress[]
  /** As a crash: every connection breaks. */
  kill(): Promise<void>
}

interface Wish {
  /** Those it may use as relays; when absent, it is one that can be dialled. */
  readonly relays?: readonly RelayNode[]
  readonly answer?: Parameters<typeof startLinksServer>[0]['onRequest']
  readonly limits?: Partial<RelayLimits>
  /** What it does, as a relay, with what members ask for. */
  readonly tamper?: (wish: TunnelWish) => TunnelWish
}

/** Starts one; who its members are is said afterwards. */
export async function startRelayNode(given: Wish = {}): Promise<RelayNode> {
  const { relays, answer, limits = {}, tamper = (wish) => wish } = given
  const identity = newIdentity()
  const members = new Members()
  const hub = new RelayHub({ self: identity.peer, clock, log, limits })
  const client = makeLinksClient({ identity, members, clock, ownCircuit: hub.open })
  const server = await startLinksServer({
    identity,
    members,
    host: '127.0.0.1',
    port: 0,
    clock,
    log,
    onTunnel: (peer, wish) => hub.take(peer, tamper(wish)),
    onJoin: () => Promise.resolve({ status: 403, body: '{}' }),
    onRequest:
      answer ??
      ((peer, request, response) => {
        request.resume()
        response.end(peer)
      }),
  })
  const waysTo = (peer: PeerId) => [addressOf(relays?.find((one) => one.peer === peer))]
  const wayIn = new WayIn({
    self: identity.peer,
    client,
    linkTo: (peer) => client.to(peer, waysTo(peer)),
    waysTo,
    members: () => (relays ?? []).map(({ peer, address }) => ({ peer, addresses: [address] })),
    ownAddresses: () => [],
    accept: (stream) => server.accept(stream),
    clock,
    onChange: () => {},
    limits: { doubtMs: 0, ...limits },
  })
  if (relays !== undefined) wayIn.start()
  let killed: Promise<void> | undefined
  const kill = () => {
    wayIn.stop()
    killed ??= Promise.all([client.stop(), server.stop(0)]).then(() => {})
    return killed
  }
  onTestFinished(kill)
  return {
    identity,
    peer: identity.peer,
    members,
    client,
    server,
    hub,
    address: parseMultiaddress(`/ip4/127.0.0.1/tcp/${server.port}`) as Multiaddress,
    circuits: () =>
      wayIn.circuits().flatMap((text) => {
        const address = parseMultiaddress(text)
        return address === undefined ? [] : [address]
      }),
    kill,
  }
}

/** Makes all of them members of one cluster. */
export function meet(...nodes: readonly RelayNode[]): void {
  for (const { members } of nodes) members.replace(nodes.map(({ peer }) => peer))
}

function addressOf(node: RelayNode | undefined): Multiaddress {
  if (node === undefined) throw new Error('no such node')
  return node.address
}
