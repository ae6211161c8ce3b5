/** Brings a node up, in order, and takes it down in the reverse order. */

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ComponentStatus, EventLog, makeManagement, Operations } from '../admin/index.ts'
import type { LoadedConfig, Settings } from '../config/index.ts'
import { OdError } from '../core/errors/index.ts'
import { doorBounds } from '../engine/door/index.ts'
import { probeLibrary } from '../engine/runner/index.ts'
import { type GatewayOptions, Spool, startGateway } from '../gateway/index.ts'
import { installBundledModel, PublishedModels } from '../models/index.ts'
import { systemClock } from '../sys/clock.ts'
import { ensureDirectory } from '../sys/files.ts'
import { readHardware } from '../sys/hardware.ts'
import { openLog } from '../sys/log.ts'
import { systemProcesses } from '../sys/processes.ts'
import { systemRandom } from '../sys/random.ts'
import { removeRunFile, writeRunFile } from '../sys/run-file.ts'
import { addressesOf, checkGatewayPort, usableAddress } from './addresses.ts'
import { startClusterPart } from './cluster-part.ts'
import { Coordinator } from './coordinator.ts'
import { claimDataDirectory } from './data-directory.ts'
import { openEngineActions } from './engine-actions.ts'
import { logOfFile } from './engine-log.ts'
import { type NodeEngines, startEngines } from './engines.ts'
import { startModelCare } from './model-care.ts'
import type { RunningNode, StartStep } from './types.ts'
import { version } from './version.ts'

/** The bundled model has answered by then on any machine; a slower one starts anyway and says so. */
const engineReadyMsMax = 15_000

/**
 * Starts a node and resolves when its gateway answers. Throws `OD_NODE_…` errors that say what to do; what was started
 * until then is stopped again.
 */
export async function startNode(options: {
  config: LoadedConfig
  onStep: (step: StartStep) => void
}): Promise<RunningNode> {
  const { values: settings } = options.config
  const clock = systemClock
  const startedAtMs = clock.wallMs()
  const coordinator = new Coordinator(clock)
  const step = stepTimer(options.onStep)
  const library = probeLibrary() // takes a process and some 100 ms; everything else goes on meanwhile

  try {
    const { port } = settings.integration.apiGateway
    const listen = await usableAddress(settings.gateway.listen, port)
    await checkGatewayPort(listen, port)
    step('ports', `gateway ${port === 0 ? 'on any free port' : port}`)

    const data = await coordinator.start({
      name: 'data folder',
      start: () => claimDataDirectory(settings.node.dataDir),
      stop: (claimed) => claimed.release(),
    })
    const log = openLog({ level: settings.log.level, file: join(data.logDir, 'node.log') })
    log.info({ version, config: options.config.file, dataDir: data.path }, 'node.starting')
    await checkModelDir(settings)
    const model = await installBundledModel({
      assets: fileURLToPath(new URL('../../assets/pocket', import.meta.url)),
      name: 'pocket',
      modelDir: settings.ollama.modelDir,
      markFile: join(data.stateDir, 'bundled-model'),
    })
    step('data', `${data.path}${model === 'installed' ? ', model pocket installed' : ''}`)

    const spool = new Spool({ folder: data.spoolDir, log, random: systemRandom })
    await spool.sweep()

    const events = new EventLog(clock)
    const engines = await coordinator.start({
      name: 'engines',
      start: async () =>
        startEngines({
          settings: withoutEngines(settings),
          library: await library,
          clock,
          log,
          onChange: ({ id, state, reason, url }) =>
            events.add('engine.changed', { engine: id, state, reason, url }),
        }),
      stop: (started) => started.stop(),
    })
    const hardware = () => readHardware([data.path, settings.ollama.modelDir])
    const part = await coordinator.start({
      name: 'cluster',
      start: () =>
        startClusterPart({
          config: options.config,
          data,
          door: {
            engines: engines.roster,
            bounds: { ...doorBounds, slots: settings.ollama.maxConcurrent },
          },
          startedMs: startedAtMs,
          hardware,
          events,
          spool,
          clock,
          log,
        }),
      stop: (started, drainMs) => started.stop(drainMs),
    })
    const { cluster, door } = part
    engines.roster.onUpdate((isLoadOnly) => part.engines.ownChanged(isLoadOnly))
    engines.manager.monitor.onEvent(() => queueMicrotask(() => door.engineChanged())) // the list follows the event
    const engineActions = await openEngineActions({
      manager: engines.manager,
      startsEngines: withoutEngines(settings).integration.enabled,
      file: join(data.stateDir, 'engines.json'),
      log,
      onRemoved(engine) {
        events.add('engine.removed', { engine })
        door.engineChanged()
      },
      clock,
    })
    const care = await coordinator.start({
      name: 'model care',
      start: async () =>
        startModelCare({ engines: () => engines.roster.list(), events, clock, log }),
      stop: async (started) => started.stop(),
    })
    await engines.settled(engineReadyMsMax)
    const isUsable = engines.roster.list().some(({ state }) => state === 'running')
    for (const { name, text } of engines.notes) step(name, text)

    step('cluster', `${cluster.self.name}, ${cluster.addresses()[0]}`)
    const nodeId = cluster.self.peer
    let addresses: string[] = []
    const gatewayOptions: GatewayOptions = {
      ownModels: new PublishedModels(settings.ollama.modelDir),
      listen,
      port,
      nodeId,
      engines: part.engines,
      strategy: settings.integration.apiGateway.loadBalancing,
      gpuLayers: settings.ollama.gpuLayers,
      spool,
      acceptsCloud: settings.gateway.acceptCloud,
      management: makeManagement({
        engines: () => part.engines.listings(),
        refresh: (maxAgeMs) => part.engines.refresh(maxAgeMs),
        node: () => ({
          nodeId,
          name: cluster.self.name,
          version,
          startedAtMs,
          addresses,
          components: [...coordinator.statuses, ...childStatuses(engines)],
        }),
        hardware,
        engineActions,
        modelActions: care,
        cluster: part.actions,
        operations: new Operations({ clock, events, log }),
        strategy: {
          now: () => gateway.strategy,
          use: (name) => gateway.useStrategy(name),
        },
        engineLog(id) {
          const file = engines.manager.logFileOf(id)
          return file === undefined ? undefined : logOfFile(file, clock)
        },
        events,
        clock,
        random: systemRandom,
      }),
      log,
      clock,
      random: systemRandom,
      origins: settings.ollama.origins,
    }
    const gateway = await coordinator.start({
      name: 'gateway',
      start: () => startGateway(gatewayOptions),
      async stop(started, drainMs) {
        part.beginStop()
        await started.stop(drainMs)
        await removeRunFile(data.path) // not before: `stop --now` finds a node that drains by it
      },
    })
    addresses = addressesOf(gateway.address)
    const [gatewayUrl = ''] = addresses
    part.setGateway(gatewayUrl)
    step('gateway', isUsable ? gatewayUrl : `${gatewayUrl}, but no engine answers yet`)

    await writeRunFile(data.path, runFileOf(gatewayUrl, startedAtMs))
    log.info({ gateway: gatewayUrl }, 'node.ready')
    let stopped: Promise<void> | undefined
    return {
      gatewayUrl,
      addresses,
      dataDir: data.path,
      nodeId,
      joinAddresses: cluster.addresses(),
      makeToken: async () => (await part.actions.createToken({ uses: 1, ttlMs: 3_600_000 })).text,
      join: (peers, token) => part.actions.join(peers, token),
      joining() {
        const { joining } = cluster.status()
        return {
          isWaiting: joining !== undefined,
          ...(joining?.error === undefined ? {} : { error: joining.error }),
        }
      },
      heldOllamaAddress: engines.heldOllamaAddress,
      async models() {
        await part.engines.refresh(0)
        const all = part.engines.listings().flatMap((engine) => engine.models)
        return [...new Set(all.map((model) => model.name))]
      },
      stop(drainMs) {
        const ended = coordinator.stop(drainMs)
        stopped ??= ended.then(() => {
          const failed = coordinator.statuses.filter(({ state }) => state === 'failed')
          log.info({ failed }, 'node.stopped')
        })
        return stopped
      },
    }
  } catch (error) {
    await coordinator.stop(0)
    throw error
  }
}

/** Throws OD_NODE_MODEL_DIR, so that nobody has to find out from the engines. */
async function checkModelDir({ ollama }: Settings): Promise<void> {
  const problem = await ensureDirectory(ollama.modelDir)
  if (problem === undefined) return
  throw new OdError('OD_NODE_MODEL_DIR', { path: ollama.modelDir, reason: problem })
}

/** A gateway alone leaves the engines to other nodes. */
function withoutEngines(settings: Settings): Settings {
  if (settings.node.role !== 'gateway') return settings
  return { ...settings, integration: { ...settings.integration, enabled: false } }
}

/** Each step's time runs from the end of the one before. */
function stepTimer(onStep: (step: StartStep) => void) {
  let lastMs = systemClock.nowMs()
  return (name: string, text: string) => {
    const nowMs = systemClock.nowMs()
    onStep({ name, text, durationMs: nowMs - lastMs })
    lastMs = nowMs
  }
}

/** The processes that this node keeps alive, beside the parts that it is made of. */
function childStatuses({ manager }: NodeEngines): ComponentStatus[] {
  return manager.children.map(({ name, state, sinceMs, reason }) => {
    const shown =
      state === 'running' || state === 'starting' || state === 'stopped' ? state : 'degraded'
    return { name: `engine ${name}`, state: shown, sinceMs, reason }
  })
}

function runFileOf(gateway: string, startedAtMs: number) {
  const { pid } = process
  const processStart = systemProcesses.startTimeOf(pid)
  return {
    pid,
    startedAt: new Date(startedAtMs).toISOString(),
    version,
    gateway,
    ...(processStart === undefined ? {} : { processStart }),
  }
}
