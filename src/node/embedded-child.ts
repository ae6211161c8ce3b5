/** The embedded engine as a child process of this node. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Settings } from '../config/index.ts'
import { parseGoDuration } from '../core/duration.ts'
import { type ChildSupervisor, superviseChild } from '../engine/child/index.ts'
import type { EvictionOrder, LoadDefaults } from '../engine/embedded/index.ts'
import type { ProcessContext } from '../engine/manager/index.ts'
import type { StoreBounds } from '../models/index.ts'
import type { LogLevel } from '../sys/log.ts'
import { coreCount, nodeBinary } from '../sys/machine.ts'
import { type RegistrySettings, registrySettings } from './registry-options.ts'

/** What the engine's process is told. */
export interface EngineProcessOptions {
  readonly host: string
  readonly port: number
  readonly origins: readonly string[]
  readonly modelDir: string
  readonly sequenceDir: string
  readonly defaults: LoadDefaults
  /** null: for ever (JSON has no infinity). */
  readonly keepAliveMs: number | null
  readonly residentsMax: number
  readonly eviction: EvictionOrder
  readonly logLevel: LogLevel
  readonly registry: RegistrySettings
  readonly bounds: StoreBounds
}

/** The variable with the key of the engine's hooks: other users of the machine can read arguments, but no environment. */
export const hookKeyVariable = 'OD_ENGINE_HOOK_KEY'

/** Ollama's default. */
const keepAliveMsDefault = 5 * 60_000

/** Ollama's default on a machine without several GPUs. */
const residentsMaxDefault = 3

/**
 * For glibc's allocator, without effect elsewhere. As it is, it keeps freed blocks of up to 32 MiB in as many heaps as
 * there are threads, and the buffers of loads and uploads leave holes in them that are never given back: 84 MiB became
 * 219 in half an hour of mixed traffic. So: two heaps, and a block of 128 KiB or more goes back to the system when freed
 * (mallopt(3): setting the threshold also keeps it from growing).
 */
const allocatorSettings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: String(128 * 1024) }

/** Young objects get 4 MiB: with V8's 16 it lets half a hundred more of garbage lie before it looks at all of its heap. */
const heapSettings = '--max-semi-space-size=4'

/**
 * Registries are trusted as Ollama trusts them: by what this machine trusts, `SSL_CERT_FILE` and `SSL_CERT_DIR` included, besides what
 * comes with Node and `NODE_EXTRA_CA_CERTS`.
 */
const trust = '--use-system-ca'

/** The supervisor of an engine that listens on `port` of the configured host; it does not run before `start`. */
export function embeddedChild(
  options: ProcessContext & { settings: Settings; port: number; hookKey: string },
): ChildSupervisor {
  const { settings, port, hookKey, ...context } = options
  const engineOptions: EngineProcessOptions = {
    host: settings.ollama.host,
    port,
    origins: settings.ollama.origins,
    modelDir: settings.ollama.modelDir,
    sequenceDir: join(settings.node.dataDir, 'sequences'),
    defaults: {
      contextTokens: settings.ollama.contextLength,
      parallel: settings.ollama.maxConcurrent,
      gpuLayers: settings.ollama.gpuLayers,
      cores: Math.min(settings.engines.cores || coreCount(), coreCount()), // more threads than cores collapse
    },
    keepAliveMs: keepAliveOf(settings.ollama.environment),
    residentsMax: residentsMaxOf(settings.ollama.environment),
    eviction: settings.engines.eviction,
    logLevel: settings.ollama.debug ? 'debug' : settings.log.level,
    registry: registrySettings(settings),
    bounds: { quotaBytes: settings.models.quota, reserveBytes: settings.models.reserve },
  }
  const extension = import.meta.filename.endsWith('.ts') ? '.ts' : '.js'
  const entry = fileURLToPath(new URL(`./engine-process${extension}`, import.meta.url))
  return superviseChild({
    ...context,
    name: 'embedded',
    command: nodeBinary(),
    args: [heapSettings, trust, entry, JSON.stringify(engineOptions)],
    env: { ...allocatorSettings, ...settings.ollama.environment, [hookKeyVariable]: hookKey },
  })
}

/** `OLLAMA_KEEP_ALIVE` as Ollama reads it: a duration or seconds, negative for ever, 5 minutes where it says nothing. */
function keepAliveOf(environment: Readonly<Record<string, string>>): number | null {
  const text = environment['OLLAMA_KEEP_ALIVE'] ?? ''
  const ms = parseGoDuration(text) ?? (text === '' ? Number.NaN : Number(text) * 1000)
  if (Number.isNaN(ms)) return keepAliveMsDefault
  return ms < 0 ? null : ms
}

/** `OLLAMA_MAX_LOADED_MODELS` as Ollama reads it: 0, and what is no whole number, is the default. */
function residentsMaxOf(environment: Readonly<Record<string, string>>): number {
  const text = environment['OLLAMA_MAX_LOADED_MODELS']?.trim() ?? ''
  return (/^\d+$/.test(text) && Number(text)) || residentsMaxDefault
}
