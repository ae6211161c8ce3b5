import type { Dialect } from '../core/dialect.ts'
import type { ManagementPath } from './management.ts'

/** `client`: Ollama's API and what stands in for it; `management`: this product's own. */
type Plane = 'client' | 'management'

/**
 * Who answers. `relay`: an engine, byte for byte. `blob`, `create`: the engine that makes models, byte for byte. `import`: the one
 * that takes archives in. `pull`: one that
 * reaches a registry, `push`: one that also has the model. `change`: every engine, one answer for all. `list`: the gateway, from the lists of all engines. `answer`: the gateway by itself.
 * `account`: the one engine that may ask Ollama's cloud; refused for want of `what`, in Ollama's words, where none may.
 * `registry`: this node, from its own models, for whoever pulls from it. `management`: the management API.
 */
export type Handling =
  | { readonly type: 'relay'; readonly use: Use }
  | { readonly type: 'blob' }
  | { readonly type: 'import' }
  | { readonly type: 'create' }
  | { readonly type: 'pull' }
  | { readonly type: 'push' }
  | { readonly type: 'change' }
  | { readonly type: 'list'; readonly list: 'tags' | 'ps' | 'models' | 'model' }
  | { readonly type: 'answer'; readonly answer: 'liveness' | 'version' | 'status' }
  | { readonly type: 'account'; readonly what: string }
  | { readonly type: 'registry'; readonly read: 'base' | 'catalog' | 'tags' | 'manifest' | 'blob' }
  | { readonly type: 'management' }

/** What is asked of an engine: a look at what it has, or work, which takes a place in it. */
export type Use = 'show' | 'export' | 'generate' | 'chat' | 'embed' | 'audio' | 'image'

export interface Route {
  /** A part that begins with a colon stands for any one part, which is then the request's parameter of that name. */
  readonly path: string
  /** In the order in which Ollama's router names them in `Allow`. */
  readonly methods: readonly string[]
  readonly handling: Handling
  readonly plane: Plane
  /** Decides the form of errors. */
  readonly dialect: Dialect
  /**
   * The limit that a body has. `none` where a body means nothing and is thrown away unread; `engine` where it goes through
   * without being held, so that only the engine's disk bounds it.
   */
  readonly bodyLimit: 'none' | 'engine' | 'clientBodyBytesMax' | 'managementBodyBytesMax'
  /** Where the body names the model that decides where the request goes. */
  readonly modelIn: 'json' | 'form' | 'nothing'
}

const liveness = { type: 'answer', answer: 'liveness' } as const
const version = { type: 'answer', answer: 'version' } as const
const tags = { type: 'list', list: 'tags' } as const
const status = { type: 'answer', answer: 'status' } as const
const ps = { type: 'list', list: 'ps' } as const

/**
 * Every route of the client plane with its policy; what is neither here nor in the management API does not exist. Sources:
 * ollama/ollama server/routes.go for the paths and methods of Ollama, the integration guide for `/api/models`.
 */
export const routes: readonly Route[] = [
  reading('/', ['HEAD', 'GET'], liveness),
  reading('/api/version', ['HEAD', 'GET'], version),
  reading('/api/status', ['GET'], status),
  reading('/api/tags', ['HEAD', 'GET'], tags),
  reading('/api/models', ['HEAD', 'GET'], tags),
  reading('/api/ps', ['GET'], ps),
  relayed('/api/show', 'show'),
  relayed('/api/generate', 'generate'),
  relayed('/api/chat', 'chat'),
  relayed('/api/embed', 'embed'),
  relayed('/api/embeddings', 'embed'),
  relayed('/api/od/export', 'export'),
  { ...changing('/api/od/import', ['POST'], { type: 'import' }), bodyLimit: 'engine' },
  changing('/api/create', ['POST'], { type: 'create' }),
  { ...changing('/api/pull', ['POST'], { type: 'pull' }), modelIn: 'json' },
  { ...changing('/api/push', ['POST'], { type: 'push' }), modelIn: 'json' },
  changing('/api/copy', ['POST'], { type: 'change' }),
  changing('/api/delete', ['DELETE'], { type: 'change' }),
  { ...changing('/api/blobs/:digest', ['HEAD', 'POST'], { type: 'blob' }), bodyLimit: 'engine' },
  account('/api/me', ['POST'], 'account is unavailable'),
  account('/api/signout', ['POST'], 'account is unavailable'),
  account('/api/user/keys/:key', ['DELETE'], 'account is unavailable'),
  account('/api/experimental/web_search', ['POST'], 'web search is unavailable'),
  account('/api/experimental/web_fetch', ['POST'], 'web fetch is unavailable'),
  account('/api/experimental/model-recommendations', ['GET'], 'recommendations are unavailable'),
  { ...relayed('/v1/chat/completions', 'chat'), dialect: 'openai' },
  { ...relayed('/v1/completions', 'generate'), dialect: 'openai' },
  { ...relayed('/v1/embeddings', 'embed'), dialect: 'openai' },
  { ...relayed('/v1/responses', 'chat'), dialect: 'openai' },
  { ...relayed('/v1/messages', 'chat'), dialect: 'anthropic' },
  { ...relayed('/v1/audio/transcriptions', 'audio'), dialect: 'openai', modelIn: 'form' },
  // Gone from Ollama after 0.25: a newer one says 404 itself.
  { ...relayed('/v1/images/generations', 'image'), dialect: 'openai' },
  { ...relayed('/v1/images/edits', 'image'), dialect: 'openai' },
  { ...reading('/v1/models', ['GET'], { type: 'list', list: 'models' }), dialect: 'openai' },
  { ...reading('/v1/models/:model', ['GET'], { type: 'list', list: 'model' }), dialect: 'openai' },
  registry('/v2/', 'base'),
  registry('/v2/_catalog', 'catalog'),
  registry('/v2/:namespace/:model/tags/list', 'tags'),
  registry('/v2/:namespace/:model/manifests/:reference', 'manifest'),
  registry('/v2/:namespace/:model/blobs/:digest', 'blob'),
]

/** True for what an engine works on, in a place of its own; all else is answered beside whatever runs. */
export function isInference({ handling }: Route): boolean {
  return handling.type === 'relay' && !looks.has(handling.use)
}

const looks: ReadonlySet<Use> = new Set(['show', 'export'])

/** True for files of models, whose bodies are streamed. */
export function isUpload({ handling }: Pick<Route, 'handling'>): boolean {
  return handling.type === 'blob' || handling.type === 'import'
}

/** True for what changes the models of engines. */
export function isChange({ handling }: Pick<Route, 'handling'>): boolean {
  return changes.has(handling.type)
}

const changes: ReadonlySet<Handling['type']> = new Set([
  'import',
  'create',
  'pull',
  'push',
  'change',
])

/** The whole table: the client plane, and behind it the paths of the management API. */
export function withManagement(paths: readonly ManagementPath[]): readonly Route[] {
  const managed = paths.map(
    ({ path, methods, hasBody }): Route => ({
      path,
      methods,
      handling: { type: 'management' },
      plane: 'management',
      dialect: 'ollama',
      bodyLimit: hasBody ? 'managementBodyBytesMax' : 'none',
      modelIn: 'nothing',
    }),
  )
  return [...routes, ...managed]
}

function reading(path: string, methods: readonly string[], handling: Handling): Route {
  return {
    path,
    methods,
    handling,
    plane: 'client',
    dialect: 'ollama',
    bodyLimit: 'none',
    modelIn: 'nothing',
  }
}

function registry(path: string, read: Extract<Handling, { type: 'registry' }>['read']): Route {
  return reading(path, ['GET', 'HEAD'], { type: 'registry', read })
}

function relayed(path: string, use: Use): Route {
  return {
    path,
    methods: ['POST'],
    handling: { type: 'relay', use },
    plane: 'client',
    dialect: 'ollama',
    bodyLimit: 'clientBodyBytesMax',
    modelIn: 'json',
  }
}

function account(path: string, methods: readonly string[], what: string): Route {
  return changing(path, methods, { type: 'account', what })
}

/** Who gets it is not decided by the one model that a body names. */
function changing(path: string, methods: readonly string[], handling: Handling): Route {
  return {
    path,
    methods,
    handling,
    plane: 'client',
    dialect: 'ollama',
    bodyLimit: 'clientBodyBytesMax',
    modelIn: 'nothing',
  }
}
