import { Readable } from 'node:stream'
import { isOdError } from '../core/errors/index.ts'
import { beginAnswer, isBodyLeft, linger } from './answer.ts'
import type { GatewayContext } from './context.ts'
import { type KeptAnswer, relayedHeaders } from './delivery.ts'
import type { Exchange } from './exchange.ts'
import { responseHeaders } from './headers.ts'
import { callUpstream, type UpstreamFailure, type UpstreamRequest } from './upstream.ts'
import { ownEngines } from './waiting.ts'

/** What came of a request whose answer is short and taken whole. */
export type Collected =
  | { readonly type: 'answered'; readonly answer: KeptAnswer }
  | { readonly type: 'failed'; readonly result: UpstreamFailure; readonly cause: Error }
  /** The signal fired first, or the streamed body broke; the connection to the engine is broken then. */
  | { readonly type: 'aborted' }

/**
 * Asks one engine and takes its whole answer. The roster is told how it went, unless the caller put an end to it. An answer
 * beyond the limit for kept ones counts as a death: no engine says so much there.
 */
export function askEngine(
  engine: { readonly id: string; readonly url: string },
  request: UpstreamRequest,
  context: GatewayContext,
  signal: AbortSignal,
): Promise<Collected> {
  const { engines, pools, limits } = context
  const finish = engines.begin(engine.id)
  return new Promise((resolve) => {
    const settle = (collected: Collected) => {
      signal.removeEventListener('abort', abort)
      finish(collected.type === 'failed' ? collected.result : 'answered')
      resolve(collected)
    }
    const abort = () => {
      call.abort()
      settle({ type: 'aborted' })
    }
    let [status, sizeBytes] = [0, 0]
    let headers: string[] = []
    const parts: Buffer[] = []
    const call = callUpstream(pools.get(engine.url, ownEngines(context)), request, {
      head(gotStatus, rawHeaders) {
        status = gotStatus
        headers = responseHeaders(rawHeaders)
      },
      data(chunk) {
        parts.push(chunk)
        sizeBytes += chunk.length
        if (sizeBytes <= limits.missingAnswerBytesMax) return
        call.abort()
        settle({ type: 'failed', result: 'died', cause: new Error('the answer is too long') })
      },
      end() {
        settle({ type: 'answered', answer: { status, headers, body: Buffer.concat(parts) } })
      },
      fail(result, cause) {
        settle(isBrokenBySender(request) ? { type: 'aborted' } : { type: 'failed', result, cause })
      },
    })
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
  })
}

/** Our own errors come from reading the client; an engine that breaks leaves the error of its connection there. */
function isBrokenBySender({ body }: UpstreamRequest): boolean {
  return body instanceof Readable && isOdError(body.errored)
}

/** Sends an engine's whole answer. Where a body is left unread, what still comes of it is dropped. */
export function sendCollected(
  exchange: Exchange,
  { status, headers, body }: KeptAnswer,
  engine: string,
  context: GatewayContext,
): void {
  if (exchange.response.headersSent || exchange.response.destroyed) return
  const leavesBody = isBodyLeft(exchange, context.limits)
  exchange.engine = engine
  exchange.bodyBytes = body.length
  const all = relayedHeaders(headers, exchange.id, context.nodeId, engine)
  beginAnswer(exchange, status, all, leavesBody)
  if (leavesBody) linger(exchange, body, context)
  else exchange.response.end(body)
  exchange.request.resume() // what is dropped must still be read
}
