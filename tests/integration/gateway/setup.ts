import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import {
  type ClusterActions,
  EventLog,
  makeManagement,
  type NodeStatus,
  Operations,
} from '../../../src/admin/index.ts'
import { OdError } from '../../../src/core/errors/index.ts'
import type { Strategy } from '../../../src/core/strategy.ts'
import type { DoorBounds } from '../../../src/engine/door/index.ts'
import {
  type Gateway,
  type GatewayLimits,
  Spool,
  startGateway,
} from '../../../src/gateway/index.ts'
import { PublishedModels } from '../../../src/models/index.ts'
import { logOfFile } from '../../../src/node/engine-log.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { readHardware } from '../../../src/sys/hardware.ts'
import { type LogLevel, openLog } from '../../../src/sys/log.ts'
import { seededRandom } from '../../../src/sys/random.ts'
import { type EngineFacts, FixedEngines } from '../../support/fixed-engines.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { type ScriptedUpstream, startUpstream, type Turn } from './scripted-upstream.ts'

/** A real gateway on a free port, in front of engines that the test sets. */
export interface Bench {
  readonly origin: string
  readonly gateway: Gateway
  readonly engines: FixedEngines
  readonly events: EventLog
  /** Long actions; none begins by itself. */
  readonly operations: Operations
  readonly spool: Spool
  readonly spoolFolder: string
  /** What the engine `embedded` wrote. */
  readonly logFile: string
  /** Lines of the log so far with this event. */
  readonly logged: (event: string) => Record<string, unknown>[]
  /** The whole log so far. */
  readonly everything: () => string
}

/** Engines that are fixed cannot be started or stopped. */
const refuse = (): never => {
  throw new OdError('OD_ENGINE_NOT_OURS', { engine: 'fixed' })
}
const noActions = { add: refuse, remove: refuse, start: refuse, stop: refuse, restart: refuse }

/** Starts one; it is stopped when the test ends. */
export async function startBench(
  engines: readonly EngineFacts[],
  options: {
    limits?: Partial<GatewayLimits>
    level?: LogLevel
    origins?: readonly string[]
    gpuLayers?: number
    acceptsCloud?: boolean
    strategy?: Strategy
    door?: Partial<DoorBounds>
    cluster?: ClusterActions
    modelDir?: string
  } = {},
): Promise<Bench> {
  const directory = await makeTemporaryDirectory()
  const file = directory.inside('gateway.log')
  const logFile = directory.inside('embedded.log')
  const roster = new FixedEngines(engines, options.door)
  const events = new EventLog(systemClock)
  const log = openLog({ level: options.level ?? 'info', file })
  const spool = new Spool({
    folder: directory.inside('spool'),
    log,
    random: seededRandom(3),
    limits: { ...options.limits },
  })
  const operations = new Operations({ clock: systemClock, events, log })
  const gateway = await startGateway({
    listen: '127.0.0.1',
    port: 0,
    nodeId: 'node-1',
    engines: roster,
    spool,
    ownModels: new PublishedModels(options.modelDir ?? directory.inside('models')),
    management: makeManagement({
      engines: () => roster.list(),
      refresh: (maxAgeMs) => roster.refresh(maxAgeMs),
      node: () => nodeStatus,
      hardware: () => readHardware([directory.path]),
      engineLog: (id) => (id === 'embedded' ? logOfFile(logFile, systemClock) : undefined),
      engineActions: noActions,
      modelActions: { verify: refuse },
      cluster: options.cluster ?? noCluster,
      operations,
      strategy: { now: () => gateway.strategy, use: (name) => gateway.useStrategy(name) },
      events,
      clock: systemClock,
      random: seededRandom(2),
    }),
    log,
    clock: systemClock,
    random: seededRandom(1),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.origins === undefined ? {} : { origins: options.origins }),
    ...(options.strategy === undefined ? {} : { strategy: options.strategy }),
    ...(options.acceptsCloud === undefined ? {} : { acceptsCloud: options.acceptsCloud }),
    ...(options.gpuLayers === undefined ? {} : { gpuLayers: options.gpuLayers }),
  })
  onTestFinished(async () => {
    await gateway.stop(0)
    await directory.remove()
  })
  return {
    origin: `http://127.0.0.1:${gateway.address.port}`,
    gateway,
    engines: roster,
    events,
    operations,
    spool,
    spoolFolder: directory.inside('spool'),
    logFile,
    logged: (event) => readLog(file).filter(({ msg }) => msg === event),
    everything: () => readFileSync(file, 'utf8'),
  }
}

/** A scripted upstream that is killed when the test ends. */
export async function startEngine(
  script: (turn: Turn) => void | Promise<void>,
): Promise<ScriptedUpstream> {
  const upstream = await startUpstream(script)
  onTestFinished(() => upstream.kill())
  return upstream
}

/** Not even a cluster of one: a test that asks for it gives one. */
const noCluster = new Proxy({} as ClusterActions, {
  get: (_, name) => {
    throw new Error(`this bench has no cluster: ${String(name)}`)
  },
})

const nodeStatus: NodeStatus = {
  nodeId: 'node-1',
  name: 'desk',
  version: '0.1.0',
  startedAtMs: Date.now() - 90_000,
  addresses: ['http://127.0.0.1:8080'],
  components: [
    { name: 'gateway', state: 'running', sinceMs: Date.now() - 89_000, reason: 'listens' },
    { name: 'engines', state: 'degraded', sinceMs: Date.now() - 1_000, reason: 'one of two' },
  ],
}

function readLog(file: string): Record<string, unknown>[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((text) => text !== '').map((text) => JSON.parse(text))
}
