/** Which handler answers a request of the embedded engine. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from './answer.ts'
import type { TokenTrail } from './token-trail.ts'

/** One request with its whole body. */
export interface Exchange {
  readonly body: Uint8Array
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** The last part of the path. */
  readonly parameter: string
  readonly answer: Answer
  /** Fires when the client has gone. */
  readonly signal: AbortSignal
  /** A wish to think is dropped where the model cannot, instead of refused. */
  readonly relaxesThinking?: boolean
  /** The answer is a stream that tells its tokens, and may begin behind some of them. */
  readonly trail?: TokenTrail
}

export type Handler = (exchange: Exchange) => void | Promise<void>

/** One request whose body is too large to be held: it is read as it comes. */
interface StreamExchange {
  readonly chunks: AsyncIterable<Uint8Array>
  /** What `Content-Length` says; undefined when there is none. */
  readonly sizeBytes: number | undefined
  readonly query: URLSearchParams
  /** The last part of the path; it holds no slash. */
  readonly parameter: string
  readonly answer: Answer
}

/** A handler that reads the body itself. */
export interface StreamHandler {
  stream(exchange: StreamExchange): Promise<void>
}

/** Handlers by `METHOD /path`. A path may end with `/:name`, which stands for any one part. */
export type RouteTable = Readonly<Record<string, Handler | StreamHandler>>

/** Who answers: a handler, or nobody because the path has other methods only; undefined when there is no such path. */
export type Match =
  | { readonly type: 'whole'; readonly handler: Handler; readonly parameter: string }
  | { readonly type: 'stream'; readonly handler: StreamHandler; readonly parameter: string }
  | { readonly type: 'otherMethod'; readonly allowed: string }
  | undefined

/** Paths whose GET answers HEAD too; Ollama has it on no other. */
const headPaths: ReadonlySet<string> = new Set(['/', '/api/version', '/api/tags'])

/** Finds who answers. `path` is decoded once. */
export function routeFor(routes: RouteTable, method: string, path: string): Match {
  const known = Object.entries(routes).filter(([key]) => isOfPath(key, path))
  const asked = method === 'HEAD' && headPaths.has(path) ? 'GET' : method
  const handler = known.find(([key]) => key.startsWith(`${asked} `))?.[1]
  if (typeof handler === 'function') return { type: 'whole', handler, parameter: lastPart(path) }
  if (handler !== undefined) return { type: 'stream', handler, parameter: lastPart(path) }
  if (known.length === 0) return undefined
  const methods = known.map(([key]) => key.slice(0, key.indexOf(' ')))
  return {
    type: 'otherMethod',
    allowed: [...(headPaths.has(path) ? ['HEAD'] : []), ...methods].join(', '),
  }
}

function isOfPath(key: string, path: string): boolean {
  const pattern = key.slice(key.indexOf(' ') + 1)
  const parameterAt = pattern.indexOf('/:') + 1
  if (parameterAt === 0) return pattern === path
  return path.length > parameterAt && path === pattern.slice(0, parameterAt) + lastPart(path)
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
