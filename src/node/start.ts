/** Brings a node up, in order, and takes it down in the reverse order. */

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ComponentStatus, makeReports } from '../admin/index.ts'
import type { LoadedConfig } from '../config/index.ts'
import { openChildRecords } from '../engine/child/index.ts'
import { doorBounds, startDoor } from '../engine/door/index.ts'
import { probeLibrary } from '../engine/runner/index.ts'
import { startGateway } from '../gateway/index.ts'
import { installBundledModel } from '../models/index.ts'
import { systemClock } from '../sys/clock.ts'
import { openLog } from '../sys/log.ts'
import { machineName } from '../sys/machine.ts'
import { systemProcesses } from '../sys/processes.ts'
import { systemRandom } from '../sys/random.ts'
import { removeRunFile, writeRunFile } from '../sys/run-file.ts'
import { addressesOf, checkGatewayPort, usableAddress } from './addresses.ts'
import { claimDataDirectory } from './data-directory.ts'
import { type NodeEngines, startEngines } from './engines.ts'
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
  const undo: (() => Promise<void>)[] = []
  const step = stepTimer(options.onStep)
  const library = probeLibrary() // takes a process and some 100 ms; everything else goes on meanwhile

  try {
    const { port } = settings.integration.apiGateway
    const listen = await usableAddress(settings.gateway.listen, port)
    await checkGatewayPort(listen, port)
    step('ports', `gateway ${port === 0 ? 'on any free port' : port}`)

    const data = await claimDataDirectory(settings.node.dataDir)
    undo.push(() => data.release())
    const log = openLog({ level: settings.log.level, file: join(data.logDir, 'node.log') })
    log.info({ version, config: options.config.file, dataDir: data.path }, 'node.starting')
    const records = await openChildRecords({
      runDir: data.runDir,
      processes: systemProcesses,
      random: systemRandom,
      log,
    })
    const model = await installBundledModel({
      assets: fileURLToPath(new URL('../../assets/pocket', import.meta.url)),
      name: 'pocket',
      modelDir: settings.ollama.modelDir,
      markFile: join(data.stateDir, 'bundled-model'),
    })
    step('data', `${data.path}${model === 'installed' ? ', model pocket installed' : ''}`)

    const engines = await startEngines({
      settings,
      library: await library,
      logFile: join(data.logDir, 'embedded.log'),
      records,
      clock,
      log,
    })
    undo.push(() => engines.stop())
    await engines.settled(engineReadyMsMax)
    const bounds = { ...doorBounds, slots: settings.ollama.maxConcurrent }
    const door = startDoor({ engines: engines.roster, bounds, clock })
    engines.onChange(() => door.engineChanged())
    const isUsable = engines.roster.list().some(({ state }) => state === 'running')
    for (const { name, text } of engines.notes) step(name, text)

    const runningSinceMs = clock.wallMs()
    let addresses: string[] = []
    const gateway = await startGateway({
      listen,
      port,
      nodeId: machineName(),
      engines: door,
      strategy: settings.integration.apiGateway.loadBalancing,
      gpuLayers: settings.ollama.gpuLayers,
      reports: makeReports({
        engines: () => door.list(),
        node: () => ({
          nodeId: machineName(),
          version,
          startedAtMs,
          addresses,
          components: componentsOf(engines, runningSinceMs),
        }),
        clock,
        random: systemRandom,
      }),
      log,
      clock,
      random: systemRandom,
    })
    undo.push(() => gateway.stop(0))
    addresses = addressesOf(gateway.address)
    const [gatewayUrl = ''] = addresses
    step('gateway', isUsable ? gatewayUrl : `${gatewayUrl}, but no engine answers yet`)

    await writeRunFile(data.path, runFileOf(gatewayUrl, startedAtMs))
    undo.push(() => removeRunFile(data.path))
    log.info({ gateway: gatewayUrl }, 'node.ready')
    await engines.roster.refresh(0)
    const models = engines.roster.list().flatMap((engine) => engine.models.map(({ name }) => name))
    let stopped: Promise<void> | undefined
    return {
      gatewayUrl,
      addresses,
      dataDir: data.path,
      heldOllamaAddress: engines.heldOllamaAddress,
      models,
      async stop(drainMs) {
        const drained = gateway.stop(drainMs)
        stopped ??= drained.then(() => undoAll(undo)).then(() => log.info({}, 'node.stopped'))
        await drained
        await stopped
      },
    }
  } catch (error) {
    await undoAll(undo)
    throw error
  }
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

function componentsOf({ embedded }: NodeEngines, sinceMs: number): ComponentStatus[] {
  const gateway: ComponentStatus = {
    name: 'gateway',
    state: 'running',
    sinceMs,
    reason: 'listening',
  }
  if (embedded === undefined) return [gateway]
  const { name, state, sinceMs: childSinceMs, reason } = embedded.view
  const shown =
    state === 'running' || state === 'starting' || state === 'stopped' ? state : 'degraded'
  return [gateway, { name: `engine ${name}`, state: shown, sinceMs: childSinceMs, reason }]
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

async function undoAll(undo: (() => Promise<void>)[]): Promise<void> {
  for (const action of undo.splice(0).toReversed()) await action()
}
