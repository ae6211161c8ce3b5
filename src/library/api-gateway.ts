import { OdError } from '../core/errors/index.ts'
import { type Strategy, strategies } from '../core/strategy.ts'
import type { Logger, OllamaProcessManager } from '../engine/manager/index.ts'
import { OllamaHealthMonitor } from '../engine/roster/index.ts'
import type { RunningGateway } from '../node/index.ts'
import { silentLog } from '../sys/log.ts'

/** What a gateway is made with. */
export interface ApiGatewayConfig {
  /** Address to listen on; 127.0.0.1 when absent. */
  readonly listen?: string
  /** 8080 when absent, as the guide says; 0 takes any free one. */
  readonly port?: number
  /** Ollamas by name, each where it answers, for example `http://nas:11434`. */
  readonly engines?: Readonly<Record<string, string>>
  /** Has the engines of this manager used, now and as they come and go. */
  readonly manager?: OllamaProcessManager
  /** `model_affinity` when absent. */
  readonly loadBalancing?: Strategy
  /** Requests that an engine has in its hands at the same time; 4 when absent, as the guide says. */
  readonly maxConcurrent?: number
}

/** How long running answers may go on when it is stopped; as SIGTERM has it. */
const drainMsDefault = 30_000

/**
 * Proxies and routes Ollama's API to one or several Ollamas: the gateway of a node, for programs that bring their own engines.
 * Construct it with what it is to use and a logger, `start` it, point any client of Ollama at `url`.
 */
export class OllamaAPIGateway {
  readonly #config: ApiGatewayConfig
  readonly #log: Logger
  /** Watches the engines that were given by their addresses. */
  readonly #monitor: OllamaHealthMonitor
  #gateway: RunningGateway | undefined

  /** Throws OD_STRATEGY_UNKNOWN, which lists the names. */
  constructor(config: ApiGatewayConfig, log: Logger = silentLog) {
    const { loadBalancing: name = 'model_affinity' } = config
    if (!strategies.includes(name)) {
      throw new OdError('OD_STRATEGY_UNKNOWN', { name, valid: strategies.join(', ') })
    }
    this.#config = config
    this.#log = log
    this.#monitor = config.manager?.monitor ?? new OllamaHealthMonitor()
  }

  /** Resolves when it listens; engines are used as soon as they answer. Rejects with OD_PORT_TAKEN or OD_LISTEN_FAILED. */
  async start(): Promise<void> {
    const { startLoneGateway } = await import('../node/index.ts')
    const { listen = '127.0.0.1', port = 8080, engines = {} } = this.#config
    for (const [name, url] of Object.entries(engines)) this.#monitor.watch(name, url)
    const log = { ...methodsOf(this.#log), child: () => log }
    this.#gateway = await startLoneGateway({
      listen,
      port,
      monitor: this.#monitor,
      strategy: this.#config.loadBalancing ?? 'model_affinity',
      maxConcurrent: this.#config.maxConcurrent ?? 4,
      origins: [],
      log,
    })
  }

  /** Where it answers. */
  get url(): string {
    const { host, port } = this.#running.address
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  /** How engines are chosen now. */
  get strategy(): Strategy {
    return this.#running.strategy
  }

  /** Chooses them in another way from the next request on. Throws OD_STRATEGY_UNKNOWN. */
  useStrategy(name: string): void {
    this.#running.useStrategy(name)
  }

  /** Stops; running answers may finish within `drainMs`. The engines stay as they are. Stopping twice is fine. */
  async stop(drainMs: number = drainMsDefault): Promise<void> {
    await this.#gateway?.stop(drainMs)
    if (this.#config.manager !== undefined) return // who made it looks after its monitor
    await this.#monitor.stop()
  }

  get #running(): RunningGateway {
    if (this.#gateway === undefined) throw new Error('start it first')
    return this.#gateway
  }
}

/** A console's methods want to be called on it. */
function methodsOf(log: Logger): Logger {
  return {
    debug: (fields, event) => log.debug(fields, event),
    info: (fields, event) => log.info(fields, event),
    warn: (fields, event) => log.warn(fields, event),
    error: (fields, event) => log.error(fields, event),
  }
}
