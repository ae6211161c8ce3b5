/** Which engines this node has: an Ollama that is there already or that it starts, the embedded one, and those added to it. */
import type { Settings } from '../config/index.ts'
import type { EngineView } from '../core/engine.ts'
import { isOdError } from '../core/errors/index.ts'
import { originOf } from '../core/ollama-host.ts'
import { isTooOld, oldestOllama } from '../core/ollama-version.ts'
import { OllamaProcessManager } from '../engine/manager/index.ts'
import { looksLikeOllama, type Roster } from '../engine/roster/index.ts'
import type { LibraryProbe } from '../engine/runner/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import { isPortFree } from '../sys/network.ts'
import { systemRandom } from '../sys/random.ts'
import { embeddedChild } from './embedded-child.ts'
import { addNamedEngines, type EngineNote } from './named-engines.ts'

/** The engines of a node while it runs. */
export interface NodeEngines {
  readonly roster: Roster
  readonly manager: OllamaProcessManager
  /** Origin that the embedded engine was given because no Ollama was there. */
  readonly heldOllamaAddress: string | undefined
  /** Resolves when every engine answers or has failed to start, at the latest after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>
  /** One short clause for each engine: what was found, or why there is none. */
  readonly notes: readonly EngineNote[]
  stop(): Promise<void>
}

/** Names of engines that the configuration asks for. */
export const ownEngineNames = {
  adopted: 'local',
  managed: 'default',
  embedded: 'embedded',
} as const

interface EngineOptions {
  settings: Settings
  library: LibraryProbe
  clock: Clock
  log: Log
  /** Hears of every engine that is added or comes into another state. */
  onChange: (engine: EngineView) => void
}

/**
 * Looks for an Ollama, starts one where none answers, starts the embedded engine beside it, and watches all. Nothing is waited
 * for. Rejects with `OD_NODE_…` when the data directory cannot be used.
 */
export async function startEngines(options: EngineOptions): Promise<NodeEngines> {
  const { settings, clock, log } = options
  const { gateway, ollama, integration } = settings
  const manager = new OllamaProcessManager(
    {
      dataDir: settings.node.dataDir,
      binary: ollama.binary,
      healthCheckIntervalMs: integration.processManager.healthCheckIntervalMs,
      defaults: {
        modelDir: ollama.modelDir,
        maxConcurrent: ollama.maxConcurrent,
        contextLength: ollama.contextLength,
        debug: ollama.debug,
        origins: ollama.origins,
        // The embedded engine shares the folder, and a blob may be nobody's while it is uploaded; our own store prunes.
        environment: {
          OLLAMA_NOPRUNE: '1',
          ...(gateway.acceptCloud ? {} : { OLLAMA_NO_CLOUD: '1' }),
          ...ollama.environment,
        },
      },
    },
    log,
  )
  const { roster } = manager.monitor
  manager.monitor.onEvent((engine) => {
    const { id, state, reason, url } = engine
    log.info({ engine: id, state, reason, url }, 'engine.changed')
    options.onChange(engine)
  })
  await manager.start()
  const started = integration.enabled
    ? await startOwnEngines(manager, options)
    : { notes: [note('engine', 'none: integration.enabled is false')] }
  const named = await addNamedEngines(manager, settings)
  return {
    roster,
    manager,
    heldOllamaAddress: undefined,
    ...started,
    notes: [...started.notes, ...named],
    settled: (timeoutMs) => untilSettled(manager, clock, timeoutMs),
    stop: () => manager.stop(),
  }
}

async function startOwnEngines(
  manager: OllamaProcessManager,
  { settings, library, clock }: EngineOptions,
): Promise<Pick<NodeEngines, 'notes'> & { heldOllamaAddress?: string }> {
  const { ollama, integration } = settings
  const url = originOf(ollama.host, ollama.port)
  const isWanted = integration.processManager.autoStart
  const isThere = ollama.port !== 0 && (await looksLikeOllama(url, clock))
  const notes: EngineNote[] = []
  if (isThere) {
    const { adopted: engine } = ownEngineNames
    manager.monitor.roster.report({ type: 'engine.added', engine, kind: 'adopted', url })
    notes.push(note('ollama', `uses the Ollama at ${url}, and leaves it running`))
  }
  const managed = isWanted && !isThere ? await startOllama(manager, settings) : undefined
  if (managed !== undefined) notes.push(managed.note)
  if (!isWanted || !library.isUsable) {
    const text = library.isUsable
      ? 'not started: auto_start is false'
      : `not here: ${library.reason}`
    return { notes: [...notes, note('engine', text)] }
  }
  const isOther = isThere || managed?.isStarted === true || ollama.port === 0
  const isFree = !isOther && (await isPortFree(ollama.host, ollama.port))
  const port = isFree ? ollama.port : 0
  const hookKey = systemRandom.hex(24)
  const engine = { kind: 'embedded', url: originOf(ollama.host, port) } as const
  manager.supervise(ownEngineNames.embedded, engine, (context) =>
    embeddedChild({ settings, port, hookKey, ...context }),
  )
  const where = isFree ? ` at ${url}` : ''
  notes.push(note('engine', `embedded, llama.cpp ${library.version}${where}`))
  return { notes, ...(isFree ? { heldOllamaAddress: `${ollama.host}:${ollama.port}` } : {}) }
}

/** Starts the machine's own Ollama where the configuration wants one; undefined when none is installed and none was named. */
async function startOllama(
  manager: OllamaProcessManager,
  { ollama }: Settings,
): Promise<{ note: EngineNote; isStarted: boolean } | undefined> {
  const program = await manager.findProgram()
  if (program === undefined && ollama.binary === '') return undefined
  const { host, port, dataDir } = ollama
  try {
    const name = ownEngineNames.managed
    const at = await manager.addInstance(name, { host, port, dataDir }, { isPatient: true })
    const version = program?.version ?? 'unknown'
    const age = isTooOld(version) ? `, older than ${oldestOllama} and best replaced` : ''
    const where = originOf(at.host, at.port)
    return {
      note: note('ollama', `${program?.path}, version ${version}${age}, at ${where}`),
      isStarted: true,
    }
  } catch (error) {
    if (!isOdError(error)) throw error
    const text = `not started: ${error.message}. ${error.remedy}`
    return { note: note('ollama', text), isStarted: false }
  }
}

function untilSettled(
  { monitor }: OllamaProcessManager,
  clock: Clock,
  timeoutMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (monitor.list().every(({ state }) => state !== 'starting')) done()
    }
    const cancel = clock.after(timeoutMs, done)
    const end = monitor.onEvent(() => queueMicrotask(look)) // the list follows the event
    function done(): void {
      cancel()
      end()
      resolve()
    }
    look()
  })
}

function note(name: EngineNote['name'], text: string): EngineNote {
  return { name, text }
}
