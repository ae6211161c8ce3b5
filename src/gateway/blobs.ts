import type { EngineView } from '../core/engine.ts'
import { isOdError, OdError } from '../core/errors/index.ts'
import { agreedOrder } from './agreed-order.ts'
import { askEngine, type Collected, sendCollected } from './collected.ts'
import type { GatewayContext } from './context.ts'
import type { KeptAnswer } from './delivery.ts'
import { type Exchange, whenClientLeaves } from './exchange.ts'
import { headerValue, requestHeaders } from './headers.ts'
import { StreamedBody } from './streamed-body.ts'
import type { UpstreamRequest } from './upstream.ts'
import { noEngineError, requireEngine } from './waiting.ts'

/**
 * `HEAD` of a blob is true when any engine of any node has it. `POST` goes to the first engine that runs, in the order that
 * all gateways share, whoever else has it: so all files of one model come together where the create that follows finds them.
 * The body is streamed, so another engine is tried only until its first byte was read. Throws OD_EDGE_NO_ENGINE, OD_EDGE_TOO_SLOW and
 * OD_EDGE_UPLOAD_CUT.
 */
export async function relayBlob(
  exchange: Exchange,
  path: string,
  context: GatewayContext,
): Promise<void> {
  await requireEngine(exchange, context)
  const running = context.engines.list().filter(({ state }) => state === 'running')
  const engines = agreedOrder(running, context.nodeId)
  const decision = { requestId: exchange.id, order: engines.map(({ id }) => id) }
  context.log.debug({ ...decision, reason: 'order of all gateways' }, 'routing.decided')
  if (exchange.request.method === 'HEAD') await findBlob(exchange, path, engines, context)
  else {
    const said = await upload(exchange, path, engines, context)
    if (said !== undefined) sendCollected(exchange, said.answer, [said.engine], context)
  }
}

/** Asks all at once: one that is slow must not hide one that has it. */
async function findBlob(
  exchange: Exchange,
  path: string,
  engines: readonly EngineView[],
  context: GatewayContext,
): Promise<void> {
  const headers = requestHeaders(exchange.request.rawHeaders)
  const request = { method: 'HEAD', path, headers, body: new Uint8Array() }
  const over = new AbortController()
  const cancel = context.clock.after(context.limits.blobQuestionMs, () => over.abort())
  const { promise, resolve } = Promise.withResolvers<Said | undefined>()
  const others: Said[] = []
  const asked = engines.map(async (engine) => {
    const collected = await askWhileThere(exchange, engine, request, context, over)
    if (collected.type !== 'answered') return
    const said = { answer: collected.answer, engine: engine.id }
    if (said.answer.status === 200) resolve(said)
    else others.push(said)
  })
  void Promise.all(asked).then(() => resolve(undefined))
  const found = await promise
  over.abort()
  cancel()
  if (exchange.response.destroyed) return
  const said = found ?? others.find(({ answer }) => answer.status !== 404) ?? others[0]
  if (said === undefined) throw noEngineError(context.engines.list())
  sendCollected(exchange, said.answer, [said.engine], context)
}

/** What one engine answered. */
export interface Said {
  readonly answer: KeptAnswer
  readonly engine: string
}

/**
 * Streams a body to the first of these engines that is reached. Resolves with what it answered; undefined when the client has left.
 * Throws as `relayBlob`.
 */
export async function upload(
  exchange: Exchange,
  path: string,
  engines: readonly EngineView[],
  context: GatewayContext,
): Promise<Said | undefined> {
  const { rawHeaders } = exchange.request
  const length = headerValue(rawHeaders, 'content-length')
  const headers = requestHeaders(rawHeaders)
  if (length !== undefined) headers.push('Content-Length', length)
  for (const engine of engines.slice(0, context.limits.enginesPerRequestMax)) {
    const body = new StreamedBody(exchange, context)
    const request = { method: 'POST', path, headers, body }
    const collected = await askWhileThere(exchange, engine, request, context)
    const { errored, receivedBytes } = body
    body.destroy()
    if (collected.type === 'answered') {
      return { answer: collected.answer, engine: engine.id }
    }
    if (collected.type === 'failed') {
      const { result, cause } = collected
      const fields = { requestId: exchange.id, engine: engine.id, result, cause: cause.message }
      context.log.warn(fields, 'engine.failed')
      if (result === 'unreachable' && receivedBytes === 0) continue // the next one gets all of it
    }
    exchange.request.resume() // what is not passed on is dropped
    if (collected.type === 'failed') {
      throw new OdError('OD_EDGE_UPLOAD_CUT', { engine: engine.id, bytes: receivedBytes })
    }
    if (isOdError(errored) && errored.code === 'OD_EDGE_TOO_SLOW') throw errored
    return undefined
  }
  throw noEngineError(context.engines.list())
}

/** Asks until the client leaves, or it is over. */
async function askWhileThere(
  exchange: Exchange,
  engine: EngineView,
  request: UpstreamRequest,
  context: GatewayContext,
  over = new AbortController(),
): Promise<Collected> {
  const stopWatching = whenClientLeaves(exchange, () => over.abort())
  const collected = await askEngine(exchange, { engine, request }, context, over.signal)
  stopWatching()
  return collected
}
