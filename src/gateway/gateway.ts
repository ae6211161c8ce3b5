import type { AddressInfo } from 'node:net'
import type { Strategy } from '../core/strategy.ts'
import { startRouter } from '../routing/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import { machineName, reachableAddresses } from '../sys/machine.ts'
import type { Random } from '../sys/random.ts'
import { parseIp } from '../wire/http/address.ts'
import { readAllowedOrigins } from '../wire/http/origin.ts'
import type { GatewayContext } from './context.ts'
import { type GatewayLimits, gatewayLimits } from './limits.ts'
import type { Management } from './management.ts'
import { makePools } from './pools.ts'
import type { Engines, OwnModels } from './ports.ts'
import { RetryBudget } from './retry-budget.ts'
import { withManagement } from './routes.ts'
import { listen, makeServer } from './server.ts'
import type { Spool } from './spool/spool.ts'

/** The listener that clients talk to. */
export interface Gateway {
  /** Where it listens; the port is the real one where 0 was asked for. */
  readonly address: { readonly host: string; readonly port: number }
  /**
   * Stops accepting, closes idle connections, ends streams of events, lets running answers finish for up to `drainMs`, cuts what is left and
   * closes the connections to the engines. Calling it again gives the same promise, cut short if the new time is shorter.
   */
  stop(drainMs: number): Promise<void>
  /** How engines are chosen now. */
  readonly strategy: Strategy
  /** Chooses engines in another way from now on. Throws OD_STRATEGY_UNKNOWN, which lists the names. */
  useStrategy(name: string): void
}

export interface GatewayOptions {
  /** Address to listen on; port 0 takes a free one. */
  readonly listen: string
  readonly port: number
  readonly nodeId: string
  readonly engines: Engines
  readonly management: Management
  /** What others may pull from this node; nothing unless given. */
  readonly ownModels?: OwnModels
  readonly spool: Spool
  /** How engines are chosen at first; by model where absent. */
  readonly strategy?: Strategy
  /** `num_gpu` for requests that do not say it, to engines that are not ours; -1, or absent, leaves it to them. */
  readonly gpuLayers?: number
  /** Whether models of Ollama's cloud, and the account of this node's Ollama, may be used; not unless given. */
  readonly acceptsCloud?: boolean
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** Entries of `OLLAMA_ORIGINS`: pages that may use it besides those that always may. None unless given. */
  readonly origins?: readonly string[]
  /** Tests make them small. */
  readonly limits?: Partial<GatewayLimits>
}

/** Bytes of randomness in a request id: unique in any log, short enough to read out. */
const requestIdBytes = 8

/** Starts the gateway. Throws OD_PORT_TAKEN or OD_LISTEN_FAILED. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { nodeId, engines, management, spool, log, clock, random } = options
  const limits = { ...gatewayLimits, ...options.limits }
  const router = startRouter(clock, options.strategy ?? 'model_affinity')
  let isStopping = false
  let isLoopback = true // until the address is known
  const context: GatewayContext = {
    nodeId,
    engines,
    management,
    ownModels: options.ownModels ?? noModels,
    routes: withManagement(management.paths),
    feeds: new Set(),
    log,
    clock,
    limits,
    spool,
    gpuLayers: options.gpuLayers ?? -1,
    acceptsCloud: options.acceptsCloud ?? false,
    deaths: new Map(),
    listener: {
      isLoopback: () => isLoopback,
      machineName,
      addresses: reachableAddresses,
      origins: readAllowedOrigins(options.origins ?? []),
    },
    pools: makePools(limits, clock),
    router,
    retries: new RetryBudget(clock),
    newId: () => random.hex(requestIdBytes),
    isStopping: () => isStopping,
  }
  const { server, lane } = makeServer(context)
  await listen(server, options.listen, options.port)
  const { address: host, port } = server.address() as AddressInfo
  isLoopback = parseIp(host)?.isLoopback === true
  const closed = new Promise<void>((resolve) => {
    server.once('close', resolve)
  })
  let stopped: Promise<void> | undefined
  return {
    address: { host, port },
    get strategy() {
      return router.strategy
    },
    useStrategy: (name) => router.use(name),
    stop(drainMs) {
      if (!isStopping) server.close() // also closes what is idle
      isStopping = true
      lane.close()
      for (const end of context.feeds) end()
      const cancel = clock.after(drainMs, () => {
        server.closeAllConnections()
        lane.destroy()
      })
      stopped ??= closed.then(() => context.pools.destroy())
      return stopped.finally(cancel)
    },
  }
}

const noModels: OwnModels = {
  names: async () => [],
  manifest: async () => undefined,
  openBlob: async () => undefined,
}
