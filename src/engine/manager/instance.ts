/** How an Ollama of this node is to run, and what its process is told of that. */
import { engineNamePattern } from '../../core/engine.ts'
import { OdError } from '../../core/errors/index.ts'
import { isSameHost, readOllamaHost } from '../../core/ollama-host.ts'

/** How an Ollama is to run. What is absent is as the manager's defaults, or else Ollama itself, have it. */
export interface InstanceConfig {
  /** An IP address of this machine or `localhost`; 127.0.0.1 when absent. */
  readonly host?: string | undefined
  /** 0 or absent: any free one, chosen once. */
  readonly port?: number | undefined
  /** Absolute. Made when it is missing; the process runs there. */
  readonly dataDir?: string | undefined
  /** Absolute; `models` below `dataDir` when absent. */
  readonly modelDir?: string | undefined
  /** Requests that it runs at the same time, for each model. */
  readonly maxConcurrent?: number | undefined
  /** In tokens, for requests that do not say it themselves. */
  readonly contextLength?: number | undefined
  readonly debug?: boolean | undefined
  /** Web pages that may use it. */
  readonly origins?: readonly string[] | undefined
  /** Variables above those of this process and above the others in here. */
  readonly environment?: Readonly<Record<string, string>> | undefined
}

/** An instance whose places are decided. */
export interface Instance extends InstanceConfig {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly modelDir: string
}

/** Throws `OD_ENGINE_NAME`. */
export function checkName(name: string): void {
  if (engineNamePattern.test(name)) return
  throw new OdError('OD_ENGINE_NAME', { engine: JSON.stringify(name.slice(0, 64)) })
}

/** Throws `OD_ENGINE_SETTING` when the environment sends the process elsewhere than where it would be looked for. */
export function checkInstance(engine: string, { host, port, environment }: InstanceConfig): void {
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new OdError('OD_ENGINE_SETTING', { engine, problem: `${port} is no port` })
  }
  const given = environment?.['OLLAMA_HOST']
  if (given === undefined) return
  const wanted = readOllamaHost(given)
  const isSame = isSameHost(wanted.host, host ?? '127.0.0.1') && wanted.port === port
  if (isSame) return
  const problem = `OLLAMA_HOST is ${JSON.stringify(given)}, but host and port are ${host ?? '127.0.0.1'} and ${port ?? 'any'}`
  throw new OdError('OD_ENGINE_SETTING', { engine, problem })
}

/** Variables for `ollama serve`. Source: Ollama envconfig/config.go. */
export function ollamaEnvironment(instance: Instance): Record<string, string> {
  const { host, port, maxConcurrent, contextLength, debug, origins } = instance
  return {
    OLLAMA_MODELS: instance.modelDir,
    ...(maxConcurrent === undefined ? {} : { OLLAMA_NUM_PARALLEL: String(maxConcurrent) }),
    ...(contextLength === undefined ? {} : { OLLAMA_CONTEXT_LENGTH: String(contextLength) }),
    ...(debug === true ? { OLLAMA_DEBUG: '1' } : {}),
    ...(origins === undefined || origins.length === 0 ? {} : { OLLAMA_ORIGINS: origins.join(',') }),
    ...instance.environment,
    OLLAMA_HOST: `${host.includes(':') ? `[${host}]` : host}:${port}`,
  }
}
