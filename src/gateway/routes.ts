/** `client`: Ollama's API and what stands in for it; `management`: this product's own. */
type Plane = 'client' | 'management'

/**
 * Who answers. `relay`: an engine, byte for byte. `blob`, `create`: the engine that makes models, byte for byte. `change`:
 * every engine, one answer for all. `list`: the gateway, from the lists of all engines. `answer`: the gateway by itself.
 * `status`: the management reports.
 */
export type Handling =
  | { readonly type: 'relay' }
  | { readonly type: 'blob' }
  | { readonly type: 'create' }
  | { readonly type: 'change' }
  | { readonly type: 'list'; readonly list: 'tags' | 'ps' }
  | { readonly type: 'answer'; readonly answer: 'liveness' | 'version' }
  | { readonly type: 'status'; readonly report: ReportName }

export type ReportName = 'health' | 'instances' | 'integration'

export interface Route {
  /** A part that begins with a colon stands for any one part, which is then the request's parameter; at the end only. */
  readonly path: string
  /** In the order in which Ollama's router names them in `Allow`. */
  readonly methods: readonly string[]
  readonly handling: Handling
  readonly plane: Plane
  /**
   * The limit that a body has. `none` where a body means nothing and is thrown away unread; `engine` where it goes through
   * without being held, so that only the engine's disk bounds it.
   */
  readonly bodyLimit: 'none' | 'engine' | 'clientBodyBytesMax'
  /** True when the body names a model, which then decides where the request goes. */
  readonly needsModel: boolean
}

const liveness = { type: 'answer', answer: 'liveness' } as const
const version = { type: 'answer', answer: 'version' } as const
const tags = { type: 'list', list: 'tags' } as const
const ps = { type: 'list', list: 'ps' } as const

/**
 * Every route with its policy; what is not here does not exist. Sources: ollama/ollama server/routes.go for the paths
 * and methods of Ollama, the integration guide for `/api/models`, `/health` and `/api/v1/*`.
 */
export const routes: readonly Route[] = [
  reading('/', ['HEAD', 'GET'], liveness),
  reading('/api/version', ['HEAD', 'GET'], version),
  reading('/api/tags', ['HEAD', 'GET'], tags),
  reading('/api/models', ['HEAD', 'GET'], tags),
  reading('/api/ps', ['GET'], ps),
  relayed('/api/show'),
  relayed('/api/generate'),
  relayed('/api/chat'),
  relayed('/api/embed'),
  relayed('/api/embeddings'),
  changing('/api/create', ['POST'], { type: 'create' }),
  changing('/api/copy', ['POST'], { type: 'change' }),
  changing('/api/delete', ['DELETE'], { type: 'change' }),
  { ...changing('/api/blobs/:digest', ['HEAD', 'POST'], { type: 'blob' }), bodyLimit: 'engine' },
  report('/health', 'health'),
  report('/api/v1/health', 'health'),
  report('/api/v1/instances', 'instances'),
  report('/api/v1/integration/status', 'integration'),
]

function reading(path: string, methods: readonly string[], handling: Handling): Route {
  return { path, methods, handling, plane: 'client', bodyLimit: 'none', needsModel: false }
}

function relayed(path: string): Route {
  return {
    path,
    methods: ['POST'],
    handling: { type: 'relay' },
    plane: 'client',
    bodyLimit: 'clientBodyBytesMax',
    needsModel: true,
  }
}

/** Who gets it is not decided by the one model that a body names. */
function changing(path: string, methods: readonly string[], handling: Handling): Route {
  return { ...relayed(path), methods, handling, needsModel: false }
}

function report(path: string, name: ReportName): Route {
  return {
    path,
    methods: ['GET'],
    handling: { type: 'status', report: name },
    plane: 'management',
    bodyLimit: 'none',
    needsModel: false,
  }
}
