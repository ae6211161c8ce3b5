import { join } from 'node:path'
import { type EngineKind, type EngineView, enginesMax } from '../../core/engine.ts'
import { OdError } from '../../core/errors/index.ts'
import { originOf } from '../../core/ollama-host.ts'
import { readRemoteUrl } from '../../core/remote-url.ts'
import { claimFile } from '../../sys/claim.ts'
import { systemClock } from '../../sys/clock.ts'
import { ensureDirectory } from '../../sys/files.ts'
import { type Log, silentLog } from '../../sys/log.ts'
import { findOwnOllama, type OllamaProgram, ownInstallHint } from '../../sys/ollama-program.ts'
import { systemProcesses } from '../../sys/processes.ts'
import { systemRandom } from '../../sys/random.ts'
import {
  type ChildOptions,
  type ChildRecords,
  type ChildSupervisor,
  type ChildView,
  openChildRecords,
} from '../child/index.ts'
import {
  type HealthMonitorOptions,
  OllamaHealthMonitor,
  type Roster,
  reportOfChild,
} from '../roster/index.ts'
import { checkInstance, checkName, type Instance, type InstanceConfig } from './instance.ts'
import { ollamaChild, portObstacle } from './ollama-child.ts'
import { settleInstance } from './settle-instance.ts'
import { untilUp } from './until-up.ts'

/** What a manager is made with. */
export interface ProcessManagerConfig extends HealthMonitorOptions {
  /** Absolute; records of processes, logs, and folders of instances that name none. Made when it is missing. */
  readonly dataDir: string
  /** Absolute path of the `ollama` program; the one on `PATH` when absent or empty. */
  readonly binary?: string
  /** How instances run that do not say it themselves. */
  readonly defaults?: Omit<InstanceConfig, 'host' | 'port' | 'dataDir'>
}

/** Where a manager writes its log; `console` is one. */
export type Logger = Omit<Log, 'child'>

/** What every supervised process of a manager has in common. */
export type ProcessContext = Pick<
  ChildOptions,
  'logFile' | 'clock' | 'random' | 'processes' | 'records' | 'onChange'
>

type DrainWatch = NonNullable<Parameters<Roster['untilIdle']>[2]>

interface Owned {
  readonly child: ChildSupervisor
  readonly logFile: string
}

/** How long running answers may go on at an engine that is stopped, unless the caller says otherwise. */
const drainMsDefault = 30_000

/**
 * Starts, watches, restarts and stops the Ollamas of this machine, and watches others by their address. One manager at a time
 * uses a data directory; what a killed one left running is ended when the next one starts.
 */
export class OllamaProcessManager {
  readonly monitor: OllamaHealthMonitor
  readonly #config: ProcessManagerConfig
  readonly #log: Logger
  readonly #owned = new Map<string, Owned>()
  #records: ChildRecords | undefined
  #release: (() => Promise<void>) | undefined
  #program: OllamaProgram | undefined

  constructor(config: ProcessManagerConfig, log: Logger = silentLog) {
    this.#config = config
    this.#log = log
    this.monitor = new OllamaHealthMonitor(config)
    this.monitor.onHung((engine, reason) => this.#owned.get(engine)?.child.replace(reason))
  }

  /**
   * Makes the data directory its own and ends what a killed manager left running. Rejects with `OD_NODE_RUNNING` when another
   * one uses it, with `OD_NODE_DATA_DIR` when it cannot be used.
   */
  async start(): Promise<void> {
    const { dataDir: path } = this.#config
    const runDir = join(path, 'run')
    for (const folder of [path, runDir, join(path, 'logs')]) {
      const reason = await ensureDirectory(folder)
      if (reason !== undefined) throw new OdError('OD_NODE_DATA_DIR', { path, reason })
    }
    const claim = await claimFile(join(runDir, 'engines-claim.json'))
    if ('heldBy' in claim) throw new OdError('OD_NODE_RUNNING', { pid: claim.heldBy })
    this.#release = () => claim.release()
    const parts = { runDir, processes: systemProcesses, random: systemRandom, log: this.#log }
    this.#records = await openChildRecords(parts)
  }

  /** The `ollama` program that instances are started with; undefined as long as there is none. */
  async findProgram(): Promise<OllamaProgram | undefined> {
    this.#program ??= await findOwnOllama(this.#config.binary ?? '')
    return this.#program
  }

  /** How every engine stands now. */
  instances(): readonly EngineView[] {
    return this.monitor.list()
  }

  /** How one engine stands. Throws `OD_ENGINE_UNKNOWN`. */
  instance(name: string): EngineView {
    const found = this.instances().find(({ id }) => id === name)
    if (found !== undefined) return found
    const engines = this.instances().map(({ id }) => id)
    throw new OdError('OD_ENGINE_UNKNOWN', { engine: name, engines: engines.join(', ') || 'none' })
  }

  /**
   * Starts an Ollama under a new name and resolves when it answers. One that does not come up at once is not kept, and
   * rejects with `OD_ENGINE_START`; other errors are those of `addInstance`.
   */
  async startInstance(name: string, config: InstanceConfig = {}): Promise<EngineView> {
    await this.addInstance(name, config)
    const reason = await untilUp(this, name)
    if (reason === undefined) return this.instance(name)
    await this.removeInstance(name)
    throw new OdError('OD_ENGINE_START', { engine: name, reason })
  }

  /**
   * Adds an Ollama under a new name and starts it, again and again when it does not come up. Rejects with `OD_ENGINE_NAME`,
   * `OD_ENGINE_NAME_TAKEN`, `OD_ENGINE_TOO_MANY`, `OD_ENGINE_SETTING`, `OD_ENGINE_FOLDER`, `OD_ENGINE_PORT_TAKEN` or
   * `OD_OLLAMA_MISSING`. `isPatient`: a port that is taken now is waited for. Resolves with where it is to listen.
   */
  async addInstance(
    name: string,
    config: InstanceConfig = {},
    { isPatient = false }: { isPatient?: boolean } = {},
  ): Promise<Instance> {
    this.#checkNew(name)
    checkInstance(name, config)
    const program = await this.findProgram()
    if (program === undefined) {
      const { binary = '' } = this.#config
      const meant = binary === '' ? 'ollama on PATH' : binary
      throw new OdError('OD_OLLAMA_MISSING', { program: meant, hint: ownInstallHint() })
    }
    const instance = await settleInstance(name, config, this.#config)
    const { host, port } = instance
    const reason = isPatient ? undefined : await portObstacle(host, port)
    if (reason !== undefined) {
      const address = `${host}:${port}`
      throw new OdError('OD_ENGINE_PORT_TAKEN', { engine: name, address, reason })
    }
    this.#checkNew(name) // somebody else may have been quicker
    this.supervise(name, { kind: 'managed', url: originOf(host, port) }, (context) =>
      ollamaChild({
        ...context,
        name,
        program: program.path,
        instance,
        untilAnswers: (url, signal) => this.monitor.untilAnswers(url, signal),
      }),
    )
    return instance
  }

  /** Watches an Ollama that is never started or stopped. Throws as `addInstance`, or `OD_ENGINE_URL`. */
  addRemote(name: string, address: string): EngineView {
    this.#checkNew(name)
    const url = readRemoteUrl(address)
    const other = this.instances().find((engine) => engine.url === url)
    if (other !== undefined) {
      throw new OdError('OD_ENGINE_URL', { reason: `the engine ${other.id} is at ${url} already` })
    }
    this.monitor.watch(name, url)
    return this.instance(name)
  }

  /** Starts the process that `make` supervises and watches the engine in it; for engines that are no Ollama. */
  supervise(
    name: string,
    engine: { readonly kind: EngineKind; readonly url: string },
    make: (context: ProcessContext) => ChildSupervisor,
  ): ChildSupervisor {
    const records = this.#recordsFor(name)
    const logFile = join(this.#config.dataDir, 'logs', `engine-${name}.log`)
    const onChange = (view: ChildView) => {
      this.#log.info({ child: name, state: view.state, reason: view.reason }, 'child.changed')
      this.monitor.roster.report(reportOfChild(name, view))
    }
    const child = make({
      logFile,
      clock: systemClock,
      random: systemRandom,
      processes: systemProcesses,
      records,
      onChange,
    })
    this.#owned.set(name, { child, logFile })
    this.monitor.roster.report({ type: 'engine.added', engine: name, ...engine })
    child.start()
    return child
  }

  /** Starts an engine that was stopped; nothing when it runs. Throws `OD_ENGINE_UNKNOWN`, `OD_ENGINE_NOT_OURS`. */
  startAgain(name: string): EngineView {
    const child = this.#childOf(name)
    this.#recordsFor(name)
    child.start()
    return this.instance(name)
  }

  /**
   * Takes an engine out of use and lets running answers finish for at most `drainMs`. A signal that fires before puts it into
   * use again and rejects with its reason. `onActive` hears how many answers run, at once and at each change. Other rejections
   * as of `stopInstance`.
   */
  async drainInstance(
    name: string,
    drainMs: number,
    { signal, onActive }: DrainWatch = {},
  ): Promise<void> {
    const child = this.#childOf(name)
    const { roster } = this.monitor
    const reason = 'asked to stop'
    roster.report({ type: 'engine.exited', engine: name, state: 'stopped', reason })
    await roster.untilIdle(name, drainMs, { signal, onActive })
    if (signal?.aborted !== true) return
    roster.report(reportOfChild(name, child.view))
    signal.throwIfAborted()
  }

  /**
   * Drains an engine and ends it with all its processes. Rejects with `OD_ENGINE_UNKNOWN` or `OD_ENGINE_NOT_OURS`.
   */
  async stopInstance(name: string, drainMs: number = drainMsDefault): Promise<EngineView> {
    await this.drainInstance(name, drainMs)
    await this.#childOf(name).stop()
    return this.instance(name)
  }

  /** `stopInstance` and `startAgain`. */
  async restartInstance(name: string, drainMs: number = drainMsDefault): Promise<EngineView> {
    await this.stopInstance(name, drainMs)
    return this.startAgain(name)
  }

  /** Stops an engine that is ours, at once, and forgets it. Rejects with `OD_ENGINE_UNKNOWN`. */
  async removeInstance(name: string): Promise<void> {
    this.instance(name)
    const owned = this.#owned.get(name)
    if (owned !== undefined) await this.stopInstance(name, 0)
    this.#owned.delete(name)
    this.monitor.unwatch(name)
  }

  /** Where the output of an engine of ours is kept; the file before it is `<file>.1`. Undefined for others. */
  logFileOf(name: string): string | undefined {
    return this.#owned.get(name)?.logFile
  }

  /** How the processes of this manager stand. */
  get children(): readonly ChildView[] {
    return [...this.#owned.values()].map(({ child }) => child.view)
  }

  /** Stops all engines that are ours, at once, and all watching. */
  async stop(): Promise<void> {
    const records = this.#records
    this.#records = undefined // from now on nothing is started
    await Promise.all([...this.#owned.values()].map(({ child }) => child.stop()))
    await this.monitor.stop()
    await records?.settled()
    await this.#release?.()
  }

  #checkNew(name: string): void {
    checkName(name)
    const taken = this.instances().find(({ id }) => id === name)
    if (taken !== undefined) {
      throw new OdError('OD_ENGINE_NAME_TAKEN', { engine: name, url: taken.url })
    }
    if (this.instances().length >= enginesMax) {
      throw new OdError('OD_ENGINE_TOO_MANY', { limitCount: enginesMax })
    }
  }

  /** Throws for a manager that was not started, or stops: a process started then would outlive it. */
  #recordsFor(engine: string): ChildRecords {
    if (this.#records !== undefined) return this.#records
    throw new OdError('OD_ENGINE_START', { engine, reason: 'its process manager does not run' })
  }

  #childOf(name: string): ChildSupervisor {
    this.instance(name)
    const owned = this.#owned.get(name)
    if (owned === undefined) throw new OdError('OD_ENGINE_NOT_OURS', { engine: name })
    return owned.child
  }
}
