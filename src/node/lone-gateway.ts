/** A gateway by itself, for programs that want nothing else of a node: no cluster, no management, no files but those of long bodies. */
import type { Strategy } from '../core/strategy.ts'
import { doorBounds, startDoor } from '../engine/door/index.ts'
import type { OllamaHealthMonitor } from '../engine/roster/index.ts'
import { type Gateway, type Management, Spool, startGateway } from '../gateway/index.ts'
import { systemClock } from '../sys/clock.ts'
import { removeFolder, temporaryPath } from '../sys/files.ts'
import type { Log } from '../sys/log.ts'
import { machineName } from '../sys/machine.ts'
import { systemRandom } from '../sys/random.ts'
import { startClusterEngines } from './cluster-engines.ts'

export interface LoneGatewayOptions {
  /** Address to listen on. */
  readonly listen: string
  /** 0 takes any free one. */
  readonly port: number
  readonly monitor: OllamaHealthMonitor
  readonly strategy: Strategy
  /** Requests that an engine has in its hands at the same time. */
  readonly maxConcurrent: number
  /** Pages that may use it besides those that always may, as OLLAMA_ORIGINS has them. */
  readonly origins: readonly string[]
  readonly log: Log
}

/** Starts it before the engines that the monitor watches. Throws OD_PORT_TAKEN or OD_LISTEN_FAILED. */
export async function startLoneGateway(options: LoneGatewayOptions): Promise<Gateway> {
  const { monitor, maxConcurrent, log, ...rest } = options
  const clock = systemClock
  const door = startDoor({
    engines: monitor.roster,
    bounds: { ...doorBounds, slots: maxConcurrent },
    clock,
    isOtherInUse: () => false,
  })
  const endWatching = monitor.onEvent(() => queueMicrotask(() => door.engineChanged())) // the list follows the event
  const nodeId = machineName()
  const folder = temporaryPath(`ollama-distributed-${systemRandom.hex(8)}`)
  const spool = new Spool({ folder, log, random: systemRandom })
  const engines = startClusterEngines({
    self: nodeId,
    door,
    cluster: noCluster,
    changed: () => {},
    gpuLayers: -1,
    acceptsCloud: false,
    spool,
    clock,
    log,
  })
  const common = {
    nodeId,
    engines,
    management: noManagement,
    spool,
    log,
    clock,
    random: systemRandom,
  }
  const gateway = await startGateway({ ...rest, ...common })
  return {
    ...gateway,
    get strategy() {
      return gateway.strategy
    },
    async stop(drainMs) {
      await gateway.stop(drainMs)
      endWatching()
      await engines.stop()
      await removeFolder(folder)
    },
  }
}

const noCluster = {
  members: () => [],
  linkTo: () => {
    throw new Error('a gateway by itself has no links')
  },
  onChange: () => () => {},
}

const noManagement: Management = {
  paths: [],
  answer: () => Promise.reject(new Error('a gateway by itself has no management API')),
  page: async () => ({
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    body: 'Ollama is running',
  }),
}
