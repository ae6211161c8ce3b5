import { Readable } from 'node:stream'
import type { EngineView } from '../core/engine.ts'
import type { RelayOutcome } from '../core/engine-entry.ts'
import { isOdError } from '../core/errors/index.ts'
import type { OwnerRefusal } from './across/entry-note.ts'
import { beginAnswer, isBodyLeft, linger } from './answer.ts'
import type { GatewayContext } from './context.ts'
import { type KeptAnswer, relayedHeaders } from './delivery.ts'
import { callEngine } from './engine-call.ts'
import { enterEngine } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { responseHeaders } from './headers.ts'
import type { UpstreamFailure, UpstreamRequest } from './upstream.ts'

/** What came of a request whose answer is short and taken whole. */
export type Collected =
  | { readonly type: 'answered'; readonly answer: KeptAnswer }
  | { readonly type: 'failed'; readonly result: UpstreamFailure; readonly cause: Error }
  /** The signal fired first, or the streamed body broke; the connection to the engine is broken then. */
  | { readonly type: 'aborted' }

/**
 * Asks one engine, of whichever node, and takes its whole answer. Its owner is told how it went, unless the caller put an end to
 * it. An answer beyond the limit for kept ones counts as a death: no engine says so much there. So does a node that is lost, or
 * not reached for some seconds; one that lets the request not in counts as not reached.
 */
export async function askEngine(
  exchange: Exchange,
  { engine, request }: { readonly engine: EngineView; readonly request: UpstreamRequest },
  context: GatewayContext,
  signal: AbortSignal,
): Promise<Collected> {
  const admission = await enterEngine(exchange, engine, 'beside', context)
  if (admission.type !== 'admitted') return failed('unreachable', `its door: ${admission.type}`)
  const { pass } = admission
  return await new Promise((resolve) => {
    let forgetEngine = () => {} // replaced below; a call may fail before it returns
    const settle = (collected: Collected, outcome: RelayOutcome = 'answered') => {
      signal.removeEventListener('abort', abort)
      forgetEngine()
      pass.finish(outcome)
      resolve(collected)
    }
    const die = (why: string) => {
      call.abort()
      settle(failed('died', why), 'died')
    }
    const abort = () => {
      call.abort()
      settle({ type: 'aborted' })
    }
    let [status, sizeBytes] = [0, 0]
    let headers: string[] = []
    const parts: Buffer[] = []
    const listener = {
      head(gotStatus: number, rawHeaders: string[]) {
        pass.answering(gotStatus < 400)
        status = gotStatus
        headers = responseHeaders(rawHeaders)
      },
      data(chunk: Buffer) {
        parts.push(chunk)
        sizeBytes += chunk.length
        if (sizeBytes > context.limits.missingAnswerBytesMax) die('the answer is too long')
      },
      end() {
        settle({ type: 'answered', answer: { status, headers, body: Buffer.concat(parts) } })
      },
      fail(result: UpstreamFailure, cause: Error) {
        if (isBrokenBySender(request)) settle({ type: 'aborted' })
        else settle({ type: 'failed', result, cause }, result)
      },
      refuse(reason: OwnerRefusal) {
        settle(failed(reason === 'died' ? 'died' : 'unreachable', `its node says: ${reason}`))
      },
    }
    const sent = { exchange, engine, mode: 'beside', request } as const
    const call = callEngine(sent, context, { listener, onWaited: () => {} })
    forgetEngine = pass.whenOut((why) => {
      if (why !== 'doubted') die(`its node is ${why}`)
    })
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
  })
}

function failed(result: UpstreamFailure, why: string): Extract<Collected, { type: 'failed' }> {
  return { type: 'failed', result, cause: new Error(why) }
}

/** Our own errors come from reading the client; an engine that breaks leaves the error of its connection there. */
function isBrokenBySender({ body }: UpstreamRequest): boolean {
  return body instanceof Readable && isOdError(body.errored)
}

/** Sends a whole answer, which these engines gave. Where a body is left unread, what still comes of it is dropped. */
export function sendCollected(
  exchange: Exchange,
  { status, headers, body }: KeptAnswer,
  engines: readonly string[],
  context: GatewayContext,
): void {
  if (exchange.response.headersSent || exchange.response.destroyed) return
  const leavesBody = isBodyLeft(exchange, context.limits)
  exchange.engine = engines.join(', ')
  exchange.bodyBytes = body.length
  const all = relayedHeaders(headers, exchange.id, context.nodeId, ...engines)
  beginAnswer(exchange, status, all, leavesBody)
  if (leavesBody) linger(exchange, body, context)
  else exchange.response.end(body)
  exchange.request.resume() // what is dropped must still be read
}
