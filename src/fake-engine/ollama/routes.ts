/** Which path answers what: the part of gin's router, and of Go's mux before it, that clients can see. */
import { type Answer, types } from './answer.ts'
import type { Call } from './call.ts'
import { handleEmbed, handleEmbeddings } from './embeddings.ts'
import type { RequestKind } from './fault-switch.ts'
import { handleChat, handleGenerate } from './inference.ts'
import { handleBlobHead, handleBlobPost, handleCreate } from './making.ts'
import {
  handleCopy,
  handleDelete,
  handlePs,
  handlePull,
  handleRoot,
  handleShow,
  handleTags,
  handleVersion,
} from './management.ts'
import { handlePush } from './pushing.ts'
import {
  anthropicErrors,
  handleChatCompletions,
  handleCompletions,
  handleImageEdits,
  handleImageGenerations,
  handleMessages,
  handleModel,
  handleModels,
  handleResponses,
  handleTranscriptions,
  handleV1Embeddings,
  openAiErrors,
} from './v1/index.ts'
import type { ErrorWording } from './voice.ts'

interface Route {
  /** In the order in which Ollama registers them, which `Allow` shows. */
  readonly methods: readonly string[]
  readonly kind: RequestKind
  /** Where not as the native API words them. */
  readonly errors?: ErrorWording
  readonly handle: (call: Call) => void | Promise<void>
}

const routes: Readonly<Record<string, Route>> = {
  '/': { methods: ['HEAD', 'GET'], kind: 'other', handle: handleRoot },
  '/api/version': { methods: ['HEAD', 'GET'], kind: 'other', handle: handleVersion },
  '/api/tags': { methods: ['HEAD', 'GET'], kind: 'other', handle: handleTags },
  '/api/ps': { methods: ['GET'], kind: 'other', handle: handlePs },
  '/api/show': { methods: ['POST'], kind: 'other', handle: handleShow },
  '/api/copy': { methods: ['POST'], kind: 'other', handle: handleCopy },
  '/api/delete': { methods: ['DELETE'], kind: 'other', handle: handleDelete },
  '/api/create': { methods: ['POST'], kind: 'other', handle: handleCreate },
  '/api/pull': { methods: ['POST'], kind: 'other', handle: handlePull },
  '/api/push': { methods: ['POST'], kind: 'other', handle: handlePush },
  '/api/generate': { methods: ['POST'], kind: 'inference', handle: handleGenerate },
  '/api/chat': { methods: ['POST'], kind: 'inference', handle: handleChat },
  '/api/embed': { methods: ['POST'], kind: 'inference', handle: handleEmbed },
  '/api/embeddings': { methods: ['POST'], kind: 'inference', handle: handleEmbeddings },
  '/v1/chat/completions': openAi(handleChatCompletions),
  '/v1/completions': openAi(handleCompletions),
  '/v1/embeddings': openAi(handleV1Embeddings),
  '/v1/responses': openAi(handleResponses),
  '/v1/images/generations': openAi(handleImageGenerations),
  '/v1/images/edits': openAi(handleImageEdits),
  '/v1/audio/transcriptions': openAi(handleTranscriptions),
  '/v1/messages': {
    methods: ['POST'],
    kind: 'inference',
    errors: anthropicErrors,
    handle: handleMessages,
  },
  '/v1/models': { methods: ['GET'], kind: 'other', errors: openAiErrors, handle: handleModels },
}

function openAi(handle: Route['handle']): Route {
  return { methods: ['POST'], kind: 'inference', errors: openAiErrors, handle }
}

/** Below this path each segment is a model; an escaped slash divides, too. */
const modelPath = /^\/v1\/models\/[^/]+$/

const modelRoute: Route = {
  methods: ['GET'],
  kind: 'other',
  errors: openAiErrors,
  handle: handleModel,
}

/** Below this path each address is that of one file. */
const blobPath = /^\/api\/blobs\/[^/]+$/

const blobRoute: Route = {
  methods: ['HEAD', 'POST'],
  kind: 'other',
  handle: (call) => (call.record.method === 'HEAD' ? handleBlobHead : handleBlobPost)(call),
}

export type Chosen = Omit<Route, 'methods'>

/** What answers a request. `target` is the path with its query, as it came; absolute forms are understood. */
export function choose(method: string, target: string): Chosen {
  const [rawPath = '', ...query] = target.replace(/^https?:\/\/[^/]*/i, '').split('?')
  const search = query.length > 0 ? `?${query.join('?')}` : ''
  const path = decodePath(rawPath === '' ? '/' : rawPath)
  if (path === undefined) return other((answer) => text(answer, 400, '400 Bad Request'))
  const clean = cleanPath(path)
  if (clean !== path) return other((answer) => redirect(answer, method, 307, clean + search))
  const route = patterned(path) ?? routes[path]
  if (route?.methods.includes(method) === true) return route
  const toggled = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
  if (routes[toggled]?.methods.includes(method) === true) {
    return other((answer) =>
      redirect(answer, method, method === 'GET' ? 301 : 307, toggled + search),
    )
  }
  if (route === undefined) return other((answer) => text(answer, 404, '404 page not found'))
  const allow = ['Allow', route.methods.join(', ')] as const
  return other((answer) => text(answer, 405, '405 method not allowed', [allow]))
}

function patterned(path: string): Route | undefined {
  if (blobPath.test(path)) return blobRoute
  return modelPath.test(path) ? modelRoute : undefined
}

function other(respond: (answer: Answer) => void): Chosen {
  return { kind: 'other', handle: ({ answer }) => respond(answer) }
}

function text(
  answer: Answer,
  status: number,
  body: string,
  headers: readonly (readonly [string, string])[] = [],
): void {
  answer.whole(status, [...headers, ['Content-Type', types.plain]], body)
}

/** Go adds a small page for GET and its type for HEAD; other methods get the address alone. */
function redirect(answer: Answer, method: string, status: 301 | 307, location: string): void {
  const reason = status === 301 ? 'Moved Permanently' : 'Temporary Redirect'
  const html = ['Content-Type', types.html] as const
  const where = ['Location', location] as const
  if (method === 'GET') {
    answer.whole(status, [html, where], `<a href="${location}">${reason}</a>.\n\n`)
  } else if (method === 'HEAD') answer.headOnly(status, [html, where])
  else answer.whole(status, [where], '')
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined // not a percent escape, or not UTF-8
  }
}

/** Double slashes and dot segments taken out; a slash at the end stays. */
function cleanPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const clean = `/${kept.join('/')}`
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean
}
