import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route } from './routes.ts'

/** One request and its answer, from the first byte of the one to the last of the other. */
export interface Exchange {
  readonly id: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
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
  /** Bytes of the answer's body that were handed to the connection. */
  bodyBytes: number
  /** What to do when the client leaves before its answer was written out; one waits for that at a time. */
  whenLeft: (() => void) | undefined
}

/**
 * Calls `action` once if the client leaves before its answer was written out. Returns a function that stops watching.
 * A client that closes its half of the connection counts as gone, as in Ollama (Go cancels the request on end of file).
 */
export function whenClientLeaves(exchange: Exchange, action: () => void): () => void {
  if (exchange.response.destroyed) action()
  else exchange.whenLeft = action
  return () => {
    exchange.whenLeft = undefined
  }
}
