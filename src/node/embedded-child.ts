/** The embedded engine as a child process of this node. */
import { fileURLToPath } from 'node:url'
import type { Settings } from '../config/index.ts'
import { parseGoDuration } from '../core/duration.ts'
import {
  type ChildRecords,
  type ChildSupervisor,
  type ChildView,
  superviseChild,
} from '../engine/child/index.ts'
import type { LoadDefaults } from '../engine/embedded/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { LogLevel } from '../sys/log.ts'
import { coreCount, nodeBinary } from '../sys/machine.ts'
import { systemProcesses } from '../sys/processes.ts'
import { systemRandom } from '../sys/random.ts'

/** What the engine's process is told. */
export interface EngineProcessOptions {
  readonly host: string
  readonly port: number
  readonly origins: readonly string[]
  readonly modelDir: string
  readonly defaults: LoadDefaults
  /** null: for ever (JSON has no infinity). */
  readonly keepAliveMs: number | null
  readonly logLevel: LogLevel
}

/** Ollama's default. */
const keepAliveMsDefault = 5 * 60_000

/** The supervisor of an engine that listens on `port` of the configured host; it does not run before `start`. */
export function embeddedChild(options: {
  settings: Settings
  port: number
  logFile: string
  records: ChildRecords
  clock: Clock
  onChange: (view: ChildView) => void
}): ChildSupervisor {
  const { settings, port } = options
  const engineOptions: EngineProcessOptions = {
    host: settings.ollama.host,
    port,
    origins: settings.ollama.origins,
    modelDir: settings.ollama.modelDir,
    defaults: {
      contextTokens: settings.ollama.contextLength,
      parallel: settings.ollama.maxConcurrent,
      gpuLayers: settings.ollama.gpuLayers,
      cores: coreCount(), // more threads than cores collapse
    },
    keepAliveMs: keepAliveOf(settings.ollama.environment),
    logLevel: settings.ollama.debug ? 'debug' : settings.log.level,
  }
  const extension = import.meta.filename.endsWith('.ts') ? '.ts' : '.js'
  const entry = fileURLToPath(new URL(`./engine-process${extension}`, import.meta.url))
  return superviseChild({
    name: 'embedded',
    command: nodeBinary(),
    args: [entry, JSON.stringify(engineOptions)],
    env: settings.ollama.environment,
    logFile: options.logFile,
    clock: options.clock,
    random: systemRandom,
    processes: systemProcesses,
    records: options.records,
    onChange: options.onChange,
  })
}

/** `OLLAMA_KEEP_ALIVE` as Ollama reads it: a duration or seconds, negative for ever, 5 minutes where it says nothing. */
function keepAliveOf(environment: Readonly<Record<string, string>>): number | null {
  const text = environment['OLLAMA_KEEP_ALIVE'] ?? ''
  const ms = parseGoDuration(text) ?? (text === '' ? Number.NaN : Number(text) * 1000)
  if (Number.isNaN(ms)) return keepAliveMsDefault
  return ms < 0 ? null : ms
}
