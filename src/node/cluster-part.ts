/** The node as one of a cluster, and the engines of all its nodes, put together: each tells the other part what it needs. */
import type { ClusterActions, EventLog } from '../admin/index.ts'
import type { ClusterMembers } from '../cluster/engines/index.ts'
import type { LoadedConfig } from '../config/index.ts'
import { type Door, startDoor } from '../engine/door/index.ts'
import type { Spool } from '../gateway/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Hardware } from '../sys/hardware.ts'
import type { Log } from '../sys/log.ts'
import { machineName } from '../sys/machine.ts'
import { systemRandom } from '../sys/random.ts'
import { capacityOf } from './capacity.ts'
import { type Cluster, startCluster } from './cluster/index.ts'
import { clusterActions } from './cluster-actions.ts'
import { type ClusterEngines, startClusterEngines } from './cluster-engines.ts'
import type { DataDirectory } from './data-directory.ts'
import { version } from './version.ts'

interface ClusterPartOptions {
  readonly config: LoadedConfig
  readonly data: DataDirectory
  readonly door: Omit<Parameters<typeof startDoor>[0], 'clock' | 'isOtherInUse'>
  readonly startedMs: number
  readonly hardware: () => Promise<Hardware>
  readonly events: EventLog
  readonly spool: Spool
  readonly clock: Clock
  readonly log: Log
}

export interface ClusterPart {
  readonly cluster: Cluster
  readonly actions: ClusterActions
  readonly door: Door
  /** The engines of all nodes. */
  readonly engines: ClusterEngines
  /** Where the gateway of this node can be reached; told to the others. */
  setGateway(origin: string): void
  /** From now on the others send this node nothing new. */
  beginStop(): void
  stop(drainMs: number): Promise<void>
}

/** Starts it. Throws as `startCluster`. */
export async function startClusterPart(options: ClusterPartOptions): Promise<ClusterPart> {
  const { config, data, events, clock, log } = options
  const { node, links, cluster: timing, ollama, gateway } = config.values
  const told: { gateway?: string; capacity?: object; isDraining?: true } = {}
  let engines: ClusterEngines | undefined
  const isOtherInUse = () =>
    engines?.list().some((one) => one.node !== undefined && one.state === 'running') === true
  const door = startDoor({ ...options.door, clock, isOtherInUse })
  const cluster = await startCluster({
    dataDir: data.path,
    stateDir: data.stateDir,
    name: node.name === '' ? machineName() : node.name,
    role: node.role,
    labels: {},
    version,
    startedMs: options.startedMs,
    listen: links.listen === '::' ? '' : links.listen,
    port: links.port,
    isUsualPort: config.explain('links.port').source === 'default',
    timing: timing.timing,
    discovery: timing.discovery,
    clock,
    random: systemRandom,
    log,
    extra: () => ({ ...told, engines: engines?.advert() }),
    onEvent: (type, facts) => events.add(type, facts),
  })
  const everywhere = startClusterEngines({
    self: cluster.self.peer,
    door,
    cluster: membersOf(cluster),
    changed: () => cluster.changed(),
    gpuLayers: ollama.gpuLayers,
    acceptsCloud: gateway.acceptCloud,
    spool: options.spool,
    clock,
    log,
  })
  engines = everywhere
  cluster.routes.add('/link/v1/engines', (peer, request, response) =>
    everywhere.answer(peer, request, response),
  )
  void options.hardware().then((measured) => {
    told.capacity = capacityOf(measured)
    cluster.changed()
  })
  return {
    cluster,
    actions: clusterActions(cluster, (member) =>
      everywhere
        .list()
        .filter((engine) => engine.node === (member.isSelf ? undefined : member.peer))
        .map(({ id, kind, state, version, models, loaded }) => ({
          id,
          kind,
          state,
          version,
          models: models.map(({ name }) => name),
          loaded: loaded.map(({ name }) => name),
        })),
    ),
    door,
    engines: everywhere,
    setGateway(origin) {
      told.gateway = origin
      cluster.changed()
    },
    beginStop() {
      told.isDraining = true
      cluster.changed()
    },
    async stop(drainMs) {
      await cluster.stop(drainMs)
      await everywhere.stop()
    },
  }
}

/** One that was never heard is as one that is gone: nothing is known of its engines. */
function membersOf(cluster: Cluster): ClusterMembers {
  return {
    members: () =>
      cluster.members().map((member) => ({
        ...member,
        status: member.status === 'unheard' ? 'dead' : member.status,
      })),
    linkTo: (peer) => cluster.linkTo(peer),
    onChange: (listener) => cluster.onChange(listener),
  }
}
