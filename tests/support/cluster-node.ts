import type { ClusterActions } from '../../src/admin/index.ts'
import { type Cluster, startCluster } from '../../src/node/cluster/index.ts'
import { clusterActions } from '../../src/node/cluster-actions.ts'
import { type Clock, systemClock } from '../../src/sys/clock.ts'
import { type Log, silentLog } from '../../src/sys/log.ts'
import { systemRandom } from '../../src/sys/random.ts'
import { makeTemporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts'

interface ClusterNodeOptions {
  readonly name?: string
  /** Where an earlier one was, to go on with what it kept. */
  readonly directory?: TemporaryDirectory
  readonly port?: number
  readonly clock?: Clock
  readonly log?: Log
  /** Hears of events. */
  readonly onEvent?: (type: string, data: object) => void
  readonly extra?: () => object
}

/** A node's share in a cluster, without engines and gateway. */
export interface ClusterNode {
  readonly cluster: Cluster
  readonly actions: ClusterActions
  readonly directory: TemporaryDirectory
  /** Where others find it. */
  readonly address: string
  /** Ends it; its folder stays. */
  end(): Promise<void>
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

export async function startClusterNode(options: ClusterNodeOptions = {}): Promise<ClusterNode> {
  const { name = 'desk', port = 0, clock = systemClock } = options
  const { log = silentLog, onEvent = () => {} } = options
  const directory = options.directory ?? (await makeTemporaryDirectory())
  const cluster = await startCluster({
    dataDir: directory.path,
    stateDir: directory.path,
    name,
    role: 'full',
    labels: {},
    version: '0.1.0',
    startedMs: clock.wallMs(),
    listen: '127.0.0.1',
    port,
    isUsualPort: false,
    timing: 'test',
    discovery: false,
    clock,
    random: systemRandom,
    log,
    extra: options.extra ?? (() => ({})),
    onEvent,
  })
  let ended: Promise<void> | undefined
  const end = () => {
    ended ??= cluster.stop(0)
    return ended
  }
  return {
    cluster,
    actions: clusterActions(cluster, () => undefined),
    directory,
    address: cluster.addresses()[0] ?? '',
    end,
    async remove() {
      await end()
      await directory.remove()
    },
  }
}
