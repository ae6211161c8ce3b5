import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

/** A request as an engine gets it. */
export interface UpstreamRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Names and values in turn. */
  readonly headers: string[]
  /** Held whole, or streamed; a streamed one sets the pace of its sender and breaks the request when it breaks. */
  readonly body: Uint8Array | Readable
}

/** What became of it when there is no whole answer. `unreachable`: nothing was sent; `died`: the connection broke. */
export type UpstreamFailure = 'unreachable' | 'died'

/** Hears of the answer as it arrives, in this order; exactly one of `end` and `fail` comes last. */
export interface UpstreamListener {
  /** `headers`: names and values in turn, as spelt by the engine. */
  head(status: number, headers: string[]): void
  data(chunk: Buffer): void
  end(): void
  fail(failure: UpstreamFailure, cause: Error): void
}

export interface UpstreamCall {
  /** Stops reading from the engine until `resume`. */
  pause(): void
  resume(): void
  /** Breaks the connection at once. The listener hears nothing more. */
  abort(): void
}

/** Sends a request through a pool of connections to one engine. */
export function callUpstream(
  pool: Pick<Dispatcher, 'dispatch'>,
  request: UpstreamRequest,
  listener: UpstreamListener,
): UpstreamCall {
  let controller: Dispatcher.DispatchController | undefined
  let isAborted = false
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started
      if (isAborted) started.abort(clientLeft)
    },
    onResponseStart(started, status) {
      if (status < 200 || isAborted) return // 1xx answers concern this connection only
      listener.head(status, decodeHeaders(started.rawHeaders))
    },
    onResponseData(_, chunk) {
      if (!isAborted) listener.data(chunk)
    },
    onResponseEnd() {
      if (!isAborted) listener.end()
    },
    onResponseError(_, error) {
      // undici starts a request once it has a connection: before, no byte of it has left.
      if (!isAborted) listener.fail(controller === undefined ? 'unreachable' : 'died', error)
    },
  }
  pool.dispatch({ ...request }, handler)
  return {
    pause: () => controller?.pause(),
    resume: () => controller?.resume(),
    abort() {
      isAborted = true
      controller?.abort(clientLeft)
    },
  }
}

const clientLeft = new Error('the client left')

function decodeHeaders(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return []
  return raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
}
