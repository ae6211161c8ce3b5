import type { ClusterActions } from '../../src/admin/index.ts'
import { startCluster } from '../../src/node/cluster/index.ts'
import { clusterActions } from '../../src/node/cluster-actions.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { silentLog } from '../../src/sys/log.ts'
import { systemRandom } from '../../src/sys/random.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

/** A node's share in a cluster that has no other node. */
export async function startLoneCluster(): Promise<{
  readonly actions: ClusterActions
  stop(): Promise<void>
}> {
  const directory = await makeTemporaryDirectory()
  const cluster = await startCluster({
    dataDir: directory.path,
    stateDir: directory.path,
    name: 'desk',
    role: 'full',
    labels: {},
    version: '0.1.0',
    startedMs: systemClock.wallMs(),
    listen: '127.0.0.1',
    port: 0,
    isUsualPort: false,
    timing: 'test',
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    extra: () => ({}),
    onEvent: () => {},
  })
  return {
    actions: clusterActions(cluster, () => undefined),
    async stop() {
      await cluster.stop(0)
      await directory.remove()
    },
  }
}
