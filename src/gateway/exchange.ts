import type { ClientRequest, ClientResponse } from './client.ts'
import type { GatewayContext } from './context.ts'
import type { Route } from './routes.ts'

/** One request and its answer, from the first byte of the one to the last of the other. */
export interface Exchange {
  readonly id: string
  readonly request: ClientRequest
  readonly response: ClientResponse
  /** On the monotonic clock. */
  readonly startedMs: number
  /** What the request line led to; absent when it led nowhere. */
  route?: Route
  /** The engine whose answer went out; absent when the gateway answered itself. */
  engine?: string
  /** Canonical name of the model asked for, where there is one. */
  model?: string
  /** Headers that let the page that asked read the answer, names and values in turn; empty where none asked. */
  grants: readonly string[]
  /** What the client was told when Node's parser gave up in the middle of the request, and the parser's code. */
  refusal?: { readonly status: number; readonly cause: string | undefined }
  /** True once a client that waited to be told that its body is wanted was told so. */
  wasLetSend?: true
  /** Bytes of the answer's body that were handed to the connection. */
  bodyBytes: number
  /** What the edge calls when the client leaves before its answer was written out. */
  readonly whenLeft: Set<() => void>
}

/** Begins with a request whose headers have come. */
export function beginExchange(
  request: ClientRequest,
  response: ClientResponse,
  { newId, clock }: GatewayContext,
): Exchange {
  return {
    id: newId(),
    request,
    response,
    startedMs: clock.nowMs(),
    grants: [],
    bodyBytes: 0,
    whenLeft: new Set(),
  }
}

/**
 * Calls `action` once if the client leaves before its answer was written out. Returns a function that stops watching.
 * A client that closes its half of the connection counts as gone, as in Ollama (Go cancels the request on end of file).
 */
export function whenClientLeaves(
  { response, whenLeft }: Pick<Exchange, 'response' | 'whenLeft'>,
  action: () => void,
): () => void {
  if (response.destroyed) action()
  else whenLeft.add(action)
  return () => void whenLeft.delete(action)
}
