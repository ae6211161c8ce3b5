import type { ManagementPath } from './management.ts'

/** `client`: Ollama's API and what stands in for it; `management`: this product's own. */
type Plane = 'client' | 'management'

/**
 * Who answers. `relay`: an engine, byte for byte. `blob`, `create`: the engine that makes models, byte for byte. `change`:
 * every engine, one answer for all. `list`: the gateway, from the lists of all engines. `answer`: the gateway by itself.
 * `management`: the management API.
 */
export type Handling =
  | { readonly type: 'relay' }
  | { readonly type: 'blob' }
  | { readonly type: 'create' }
  | { readonly type: 'change' }
  | { readonly type: 'list'; readonly list: 'tags' | 'ps' }
  | { readonly type: 'answer'; readonly answer: 'liveness' | 'version' }
  | { readonly type: 'management' }

export interface Route {
  /** A part that begins with a colon stands for any one part, which is then the request's parameter of that name. */
  readonly path: string
  /** In the order in which Ollama's router names them in `Allow`. */
  readonly methods: readonly string[]
  readonly handling: Handling
  readonly plane: Plane
  /**
   * The limit that a body has. `none` where a body means nothing and is thrown away unread; `engine` where it goes through
   * without being held, so that only the engine's disk bounds it.
   */
  readonly bodyLimit: 'none' | 'engine' | 'clientBodyBytesMax' | 'managementBodyBytesMax'
  /** True when the body names a model, which then decides where the request goes. */
  readonly needsModel: boolean
}

const liveness = { type: 'answer', answer: 'liveness' } as const
const version = { type: 'answer', answer: 'version' } as const
const tags = { type: 'list', list: 'tags' } as const
const ps = { type: 'list', list: 'ps' } as const

/**
 * Every route of the client plane with its policy; what is neither here nor in the management API does not exist. Sources:
 * ollama/ollama server/routes.go for the paths and methods of Ollama, the integration guide for `/api/models`.
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
]

/** The whole table: the client plane, and behind it the paths of the management API. */
export function withManagement(paths: readonly ManagementPath[]): readonly Route[] {
  const managed = paths.map(
    ({ path, methods, hasBody }): Route => ({
      path,
      methods,
      handling: { type: 'management' },
      plane: 'management',
      bodyLimit: hasBody ? 'managementBodyBytesMax' : 'none',
      needsModel: false,
    }),
  )
  return [...routes, ...managed]
}

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
