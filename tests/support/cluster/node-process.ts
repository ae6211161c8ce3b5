/**
 * A node of a cluster out of the product's own parts: links, soft state, roster, door, engines of all nodes, gateway. Who the
 * members are is told by the test instead of by a store. Argument: its settings, as JSON.
 */
import { join } from 'node:path'
import {
  type ClusterActions,
  EventLog,
  makeManagement,
  Operations,
} from '../../../src/admin/index.ts'
import type { ClusterMember, ClusterMembers, NodeRole } from '../../../src/cluster/engines/index.ts'
import { loadIdentity, type PeerId, publicKeyOf } from '../../../src/cluster/identity/index.ts'
import {
  callLink,
  Members,
  makeLinksClient,
  startLinksServer,
} from '../../../src/cluster/links/index.ts'
import {
  type SoftStateService,
  startSoftState,
  timings,
} from '../../../src/cluster/soft-state/index.ts'
import { OdError } from '../../../src/core/errors/index.ts'
import { doorBounds, startDoor } from '../../../src/engine/door/index.ts'
import { createHttpProbe, startRoster } from '../../../src/engine/roster/index.ts'
import { Spool, startGateway } from '../../../src/gateway/index.ts'
import { type ClusterEngines, startClusterEngines } from '../../../src/node/cluster-engines.ts'
import { systemClock as clock } from '../../../src/sys/clock.ts'
import { readHardware } from '../../../src/sys/hardware.ts'
import { openLog } from '../../../src/sys/log.ts'
import { systemRandom as random } from '../../../src/sys/random.ts'
import type { NodeOrder, NodeSettings } from './channel.ts'

const gossipPath = '/link/v1/gossip'
const settings = JSON.parse(process.argv[2] ?? '') as NodeSettings
const { name, role, slots, strategy, probeMs } = settings
const log = openLog({ level: 'info', file: join(settings.dataDir, 'node.log') })
const identity = await loadIdentity(settings.dataDir)
const self = identity.peer

const members = new Members()
const links = makeLinksClient({ identity, members, clock })
const places = new Map<PeerId, number>()
let isDraining = false

const linkTo = (peer: PeerId) =>
  links.to(peer, [{ kind: 'ip4', host: '127.0.0.1', port: places.get(peer) ?? 1 }])

const listeners = new Set<() => void>()
const cluster: ClusterMembers = {
  linkTo,
  onChange(listener) {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
  members: () =>
    softState.members().map(({ node, status, body }): ClusterMember => {
      const said = body as { name?: string; role?: NodeRole; isDraining?: boolean } | undefined
      return {
        peer: node as PeerId,
        name: said?.name ?? node,
        status: status === 'unheard' ? 'suspect' : status,
        isDraining: said?.isDraining ?? false,
        role: said?.role ?? 'full',
        body,
      }
    }),
}

const http = createHttpProbe(clock)
const roster = startRoster({
  clock,
  probe: http.probe,
  intervalMs: probeMs,
  onChange: () => queueMicrotask(() => door.engineChanged()),
  onHung: () => {},
})
const isRemote = ({ node, state }: { node?: string; state: string }) =>
  node !== undefined && state === 'running'
const door = startDoor({
  engines: roster,
  bounds: { ...doorBounds, slots },
  clock,
  isOtherInUse: () => engines.list().some(isRemote),
})

const spool = new Spool({ folder: join(settings.dataDir, 'spool'), log, random })
const bodyOf = () => ({ name, role, isDraining, engines: engines?.advert() ?? {} })
let engines: ClusterEngines
const softState: SoftStateService = startSoftState({
  self: { node: self, privateKey: identity.privateKey },
  epoch: clock.wallMs(),
  body: { name, role },
  timings: timings[settings.timings],
  clock,
  seed: random.number() * 2 ** 32,
  async send(node, bytes) {
    const peer = node as PeerId
    const call = { peer, method: 'POST', path: gossipPath, body: bytes } as const
    const limits = { timeoutMs: timings[settings.timings].roundMs * 2, answerBytesMax: 65_536 }
    return (await callLink(linkTo(peer), { ...call, ...limits }, clock)).body
  },
  onChange: () => {
    for (const tell of listeners) tell()
  },
})
engines = startClusterEngines({
  self,
  door,
  cluster,
  changed: () => softState.publish(bodyOf()),
  gpuLayers: -1,
  acceptsCloud: false,
  spool,
  clock,
  log,
})
roster.onUpdate((isLoadOnly) => engines.ownChanged(isLoadOnly))

const server = await startLinksServer({
  identity,
  members,
  host: '127.0.0.1',
  port: 0,
  clock,
  log,
  onJoin: () => Promise.resolve({ status: 403, body: '{}' }),
  onRequest(peer, request, response) {
    if (request.url !== gossipPath) return engines.answer(peer, request, response)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => response.end(softState.receive(peer, Buffer.concat(chunks))))
  },
})

const refuse = (): never => {
  throw new OdError('OD_ENGINE_NOT_OURS', { engine: 'fixed' })
}
const events = new EventLog(clock)
const gateway = await startGateway({
  listen: '127.0.0.1',
  port: 0,
  nodeId: self,
  engines,
  strategy,
  spool,
  log,
  clock,
  random,
  management: makeManagement({
    engines: () => engines.listings(),
    refresh: (maxAgeMs) => engines.refresh(maxAgeMs),
    node: () => ({
      name: 'node',
      nodeId: self,
      version: '0',
      startedAtMs: 0,
      addresses: [],
      components: [],
    }),
    hardware: () => readHardware([settings.dataDir]),
    engineLog: () => undefined,
    engineActions: { add: refuse, remove: refuse, start: refuse, stop: refuse, restart: refuse },
    modelActions: { verify: refuse },
    cluster: {} as ClusterActions, // nobody asks for it here
    operations: new Operations({ clock, events, log }),
    strategy: { now: () => gateway.strategy, use: (one) => gateway.useStrategy(one) },
    events,
    clock,
    random,
  }),
})
for (const { id, url } of settings.engines) {
  roster.report({ type: 'engine.added', engine: id, kind: 'adopted', url })
}

process.on('message', (order: NodeOrder) => {
  if (order.type === 'drain') {
    isDraining = order.isDraining
    softState.publish(bodyOf())
    return
  }
  for (const { peer, port } of order.peers) places.set(peer as PeerId, port)
  members.replace(places.keys())
  for (const peer of places.keys()) softState.add(peer, publicKeyOf(peer))
})
process.on('disconnect', () => process.exit(0)) // whoever started it is gone
process.send?.({ peer: self, linkPort: server.port, gatewayPort: gateway.address.port })
