/** The embedded engine: Ollama's API over our runners. */
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import { availableMemoryBytes } from '../../sys/machine.ts'
import { type GoTemplate, parseGoTemplate } from '../template/index.ts'
import { dropUnfinished, hookRoutes } from './hooks/index.ts'
import { fitLoad } from './load-check.ts'
import type { LoadDefaults } from './load-options.ts'
import type {
  ModelArchiver,
  ModelCatalogue,
  ModelPuller,
  ModelPusher,
  ModelStore,
  ModelVerifier,
} from './ports.ts'
import { type EvictionOrder, startResidency } from './residency/index.ts'
import { archiveRoutes } from './routes/archive.ts'
import { blobRoutes } from './routes/blobs.ts'
import { changesRoute } from './routes/changes.ts'
import { chatRoute } from './routes/chat.ts'
import { cloudRoute, statusRoute } from './routes/cloud.ts'
import { copyRoute } from './routes/copy.ts'
import { createRoute } from './routes/create.ts'
import { deleteRoute } from './routes/delete.ts'
import { embeddingsRoute, embedRoute } from './routes/embed.ts'
import { generateRoute } from './routes/generate.ts'
import { psRoute, runnersRoute, tagsRoute, versionRoute } from './routes/lists.ts'
import { pullRoute, pushRoute } from './routes/registry.ts'
import { showRoute } from './routes/show.ts'
import { translatedRoutes } from './routes/translated.ts'
import { verifyRoute } from './routes/verify.ts'
import { type RouteTable, startServer } from './server.ts'
import type { EngineService } from './service.ts'

/** The level of Ollama's API that this engine implements; what `/api/version` says. */
export const apiVersion = '0.24.0'

/** Ollama's liveness text. */
const livenessText = 'Ollama is running'

/** Requests that may wait for a model or for a sequence in one; Ollama's. */
const waitingMax = 512

/** Parsed templates that are kept: one per model in use, and what requests bring. */
const templatesMax = 64

/** An engine that listens. */
export interface EmbeddedEngine {
  readonly url: string
  /** Stops listening, cuts what runs and ends all runners. */
  stop(): Promise<void>
}

/** Starts the engine on `host:port`; port 0 takes any free one. Rejects with the system's error when it cannot. */
export async function startEmbeddedEngine(options: {
  host: string
  port: number
  /** Entries of `OLLAMA_ORIGINS`. */
  origins: readonly string[]
  catalogue: ModelCatalogue
  store: ModelStore
  puller: ModelPuller
  verifier: ModelVerifier
  archiver: ModelArchiver
  pusher: ModelPusher
  defaults: LoadDefaults
  keepAliveMs: number
  /** Models in memory at the same time. */
  residentsMax: number
  /** Which of them makes room for another one. */
  eviction: EvictionOrder
  /** What the node shows when it uses the hooks, which nobody else can; empty: there are none. */
  hookKey: string
  /** Where the state of sequences is saved; made when one is. */
  sequenceDir: string
  clock: Clock
  log: Log
}): Promise<EmbeddedEngine> {
  const { catalogue, clock, defaults, eviction, log, keepAliveMs, residentsMax } = options
  const residency = startResidency({
    bounds: { residentsMax, waitingMax, keepAliveMs, eviction },
    fit: fitLoad,
    availableBytes: availableMemoryBytes,
    clock,
    log,
  })
  const service: EngineService = {
    catalogue,
    files: options.store,
    residency,
    clock,
    defaults,
    log,
    version: apiVersion,
    templateOf: rememberTemplates(),
  }
  await dropUnfinished(options.sequenceDir)
  const { host, port, origins } = options
  const routes = routesOf(service, options)
  const server = await startServer({ host, port, origins, routes, clock, log })
  return {
    url: server.url,
    async stop() {
      residency.stop()
      await server.stop()
    },
  }
}

/** What the routes work with beside the service. */
interface Parts {
  readonly archiver: ModelArchiver
  readonly store: ModelStore
  readonly puller: ModelPuller
  readonly pusher: ModelPusher
  readonly verifier: ModelVerifier
  readonly hookKey: string
  readonly sequenceDir: string
}

function routesOf(
  service: EngineService,
  { archiver, store, puller, pusher, verifier, hookKey, sequenceDir }: Parts,
): RouteTable {
  const native = {
    chat: chatRoute(service),
    generate: generateRoute(service),
    embed: embedRoute(service),
    tags: tagsRoute(service),
    show: showRoute(service),
  }
  return {
    'GET /': ({ answer }) => answer.whole(200, livenessText, 'text'),
    'GET /api/version': versionRoute(service),
    'GET /api/status': statusRoute,
    'GET /api/tags': native.tags,
    'GET /api/ps': psRoute(service),
    'GET /api/od/runners': runnersRoute(service),
    'GET /api/od/changes': changesRoute(store),
    'POST /api/od/verify': verifyRoute(verifier, {
      clock: service.clock,
      unload: (path) => service.residency.unload(path),
    }),
    'POST /api/show': native.show,
    'POST /api/generate': native.generate,
    'POST /api/chat': native.chat,
    'POST /api/embed': native.embed,
    'POST /api/embeddings': embeddingsRoute(service),
    'POST /api/create': createRoute(service, store, puller),
    'POST /api/copy': copyRoute(store),
    'DELETE /api/delete': deleteRoute(store),
    'POST /api/pull': pullRoute(puller),
    'POST /api/push': pushRoute(service, pusher),
    ...archiveRoutes(archiver),
    ...blobRoutes(store),
    ...translatedRoutes(service, native),
    ...hookRoutes(service, native, { key: hookKey, sequenceDir }),
    'POST /api/experimental/web_search': cloudRoute('web search is unavailable'),
    'POST /api/experimental/web_fetch': cloudRoute('web fetch is unavailable'),
  }
}

/** Parses each template once; the one longest unused is forgotten when there are too many. */
function rememberTemplates(): (source: string) => GoTemplate {
  const parsed = new Map<string, GoTemplate>()
  return (source) => {
    const template = parsed.get(source) ?? parseGoTemplate(source)
    parsed.delete(source)
    parsed.set(source, template)
    const [oldest] = parsed.keys()
    if (parsed.size > templatesMax && oldest !== undefined) parsed.delete(oldest)
    return template
  }
}
