import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { peekRequest } from '../wire/peek.ts'
import { beginAnswer } from './answer.ts'
import type { GatewayContext } from './context.ts'
import { type Delivery, deliver, type KeptAnswer, relayedHeaders } from './delivery.ts'
import { bodyForEngine } from './engine-body.ts'
import { enterEngine } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { type FailedTry, hasCost, type Move, nextMove } from './failover.ts'
import { requestHeaders } from './headers.ts'
import type { RelayOutcome } from './ports.ts'
import { callUpstream } from './upstream.ts'
import { isAnyComing, noEngineError, waitForEngine } from './waiting.ts'

/** A request that an engine is to answer. */
export interface RelayRequest {
  /** Path and query as the engine gets them. */
  readonly path: string
  /** The client's bytes; `bodyForEngine` says what an engine gets. */
  readonly body: Buffer
  /** True when the body names a model. */
  readonly needsModel: boolean
}

/**
 * Has an engine answer. Until a byte of an answer has gone out, an engine that fails is followed by the next; after that
 * the client is told inside the stream. Throws OD_RUNNER_DIED, OD_EDGE_NO_ENGINE, OD_QUEUE_FULL or OD_QUEUE_WAIT when no
 * engine gave an answer.
 */
export async function relay(
  exchange: Exchange,
  request: RelayRequest,
  context: GatewayContext,
): Promise<void> {
  const { model, isUnload } = readWish(request)
  if (model !== undefined) exchange.model = model
  const { clock, limits } = context
  let tries: FailedTry[] = []
  let kept: { answer: KeptAnswer; engine: string } | undefined
  let waitUntilMs: number | undefined
  context.retries.began()
  for (;;) {
    const order = chooseOrder(exchange, context)
    const leftMs = (waitUntilMs ?? clock.nowMs() + limits.engineWaitMs) - clock.nowMs()
    const mayWait = leftMs > 0 && (tries.length > 0 || isAnyComing(context))
    const move = affordable(
      nextMove({ order, tries, enginesMax: limits.enginesPerRequestMax, mayWait }),
      tries,
      exchange,
      context,
    )
    if (move.type === 'try') {
      const delivery = await tryEngine(exchange, request, context, {
        id: move.engine,
        order,
        tries,
        isUnload,
      })
      if (delivery.type === 'kept' && !(isMissing(delivery.answer) && kept !== undefined)) {
        kept = { answer: delivery.answer, engine: move.engine }
      }
      if (delivery.type === 'delivered' || delivery.type === 'broken') return
      if (delivery.type === 'client-left' || exchange.response.destroyed) return
      tries = [...tries, { engine: move.engine, result: resultOf(delivery) }]
    } else if (move.type === 'wait') {
      waitUntilMs ??= clock.nowMs() + limits.engineWaitMs
      await settleAndWait(exchange, context, { hasTried: tries.length > 0, leftMs })
      if (exchange.response.destroyed) return
      tries = [] // none of them was reached: they may be other processes by now
    } else if (move.type === 'answer-kept' && kept !== undefined) {
      sendKept(exchange, context.nodeId, kept)
      return
    } else {
      throw errorOf(move.type, context)
    }
  }
}

/** Another try only as far as the budget goes for requests that an engine may have worked on. */
function affordable(
  move: Move,
  tries: readonly FailedTry[],
  { id: requestId }: Exchange,
  { retries, log }: GatewayContext,
): Move {
  const last = tries.at(-1)
  if (move.type !== 'try' || last === undefined || !hasCost(last) || retries.take()) return move
  log.warn({ requestId, engine: last.engine, result: last.result }, 'retry.refused')
  return nextMove({ order: [], tries, enginesMax: 0, mayWait: false })
}

type Untaken = Exclude<
  Awaited<ReturnType<typeof tryEngine>>,
  { type: 'delivered' | 'broken' | 'client-left' }
>

function resultOf(untaken: Untaken): FailedTry['result'] {
  if (untaken.type === 'failed') return untaken.result
  if (untaken.type === 'busy') return 'busy'
  return isMissing(untaken.answer) ? 'missing' : 'erred'
}

function isMissing({ status }: KeptAnswer): boolean {
  return status === 404
}

function errorOf(move: Move['type'], context: GatewayContext): OdError {
  if (move === 'answer-died') return new OdError('OD_RUNNER_DIED')
  return move === 'answer-busy' ? new OdError('OD_QUEUE_FULL') : noEngineError(context)
}

/** What the body asks for: the canonical name of a model, and whether to unload it. */
function readWish(request: RelayRequest): { model: string | undefined; isUnload: boolean } {
  const { model: text, empty, keepAliveZero } = request.needsModel ? peekRequest(request.body) : {}
  const name = text === undefined ? undefined : parseModelName(text)
  const isUnload = empty === true && keepAliveZero === true
  return { model: name === undefined ? undefined : canonicalName(name), isUnload }
}

function chooseOrder(exchange: Exchange, context: GatewayContext): readonly string[] {
  const { model, id: requestId } = exchange
  const { order, reason } = context.router.rank({ model, engines: context.engines.list() })
  context.log.debug({ requestId, model, order, reason }, 'routing.decided')
  return order
}

interface Choice {
  readonly id: string
  readonly order: readonly string[]
  readonly tries: readonly FailedTry[]
  /** The request is to unload a model. */
  readonly isUnload: boolean
}

/** One engine, once. Its outcome is reported to the roster, except where the client decided it. */
async function tryEngine(
  exchange: Exchange,
  request: RelayRequest,
  context: GatewayContext,
  choice: Choice,
): Promise<Delivery | { readonly type: 'busy' }> {
  const { engines, pools, limits, clock, nodeId, log } = context
  const views = engines.list()
  const engine = views.find(({ id }) => id === choice.id)
  if (engine === undefined) return vanished
  const isLast = !hasAnother(choice, limits.enginesPerRequestMax)
  const mayLack = !isKnownToHave(engine, exchange.model)
  const keeps = (status: number) => !isLast && (status >= 500 || (status === 404 && mayLack))
  const { model } = exchange
  if (choice.tries.length === 0) context.router.tried(engine.id, { model, engines: views })
  const admission = await enterEngine(exchange, engine.id, choice.isUnload, context)
  if (admission.type === 'left') return { type: 'client-left' }
  if (admission.type !== 'admitted') {
    log.warn({ requestId: exchange.id, engine: engine.id, reason: admission.type }, 'queue.refused')
    if (admission.type === 'gone') return vanished
    if (admission.type === 'late') throw new OdError('OD_QUEUE_WAIT')
    return { type: 'busy' }
  }
  const { pass } = admission
  context.router.sent(engine.id)
  const sentMs = clock.nowMs()
  const delivered = await deliver(
    { exchange, nodeId, engineId: engine.id, pass, keeps, limits, clock },
    (listener) => {
      const { method = 'POST', rawHeaders } = exchange.request
      const headers = requestHeaders(rawHeaders)
      const body = bodyForEngine(request.body, engine, exchange, context)
      return callUpstream(
        pools.get(engine.url, views),
        { method, path: request.path, headers, body },
        listener,
      )
    },
  )
  const delivery = withoutGhosts(delivered, engine.id, sentMs, context)
  pass.finish(outcomeOf(delivery))
  context.router.ended(
    engine.id,
    model,
    verdictOf(delivered, exchange.response.statusCode),
    clock.nowMs() - sentMs,
  )
  if (delivery.type === 'failed' || delivery.type === 'broken') {
    const fields = { requestId: exchange.id, engine: engine.id, result: outcomeOf(delivery) }
    log.warn({ ...fields, cause: delivery.cause.message }, 'engine.failed')
  }
  return delivery
}

/**
 * A process that was killed accepts connections until the system has cleared it away. What was sent to it in that moment
 * was never read, so it counts as unreachable, and may be sent again.
 */
function withoutGhosts(
  delivery: Delivery,
  engineId: string,
  sentMs: number,
  { deaths, clock, limits }: GatewayContext,
): Delivery {
  if (outcomeOf(delivery) !== 'died') return delivery
  const diedMs = deaths.get(engineId) ?? Number.NEGATIVE_INFINITY
  deaths.set(engineId, clock.nowMs())
  const isGhost = delivery.type === 'failed' && sentMs - diedMs < limits.deathNoticeMs
  return isGhost ? { ...delivery, result: 'unreachable' } : delivery
}

/** It left the list, or went out of use, between choosing and trying. */
const vanished: Delivery = {
  type: 'failed',
  result: 'unreachable',
  cause: new Error('the engine is gone'),
}

/** True when an engine would be left to try after this one. */
function hasAnother({ id, order, tries }: Choice, enginesMax: number): boolean {
  const isUntried = (other: string) => other !== id && !tries.some(({ engine }) => engine === other)
  return tries.length + 1 < enginesMax && order.some(isUntried)
}

function isKnownToHave(engine: EngineView, model: string | undefined): boolean {
  if (model === undefined) return true
  return namesModel(engine.models, model) || namesModel(engine.loaded, model)
}

/**
 * What a try says about its engine. One that refuses connections is the roster's to take out, and to bring back; one that
 * says 503 is well and busy.
 */
function verdictOf(delivery: Delivery, sentStatus: number): 'answered' | 'failed' | 'left' {
  const status = delivery.type === 'kept' ? delivery.answer.status : sentStatus
  if (delivery.type === 'delivered' || delivery.type === 'kept') {
    if (status === 503) return 'left'
    return status >= 500 ? 'failed' : 'answered'
  }
  return outcomeOf(delivery) === 'died' ? 'failed' : 'left'
}

function outcomeOf(delivery: Delivery): RelayOutcome {
  if (delivery.type === 'failed') return delivery.result
  return delivery.type === 'broken' ? 'died' : 'answered'
}

/** After a refused connection the supervisor gets a moment to notice; then an engine that starts is waited for. */
async function settleAndWait(
  exchange: Exchange,
  context: GatewayContext,
  { hasTried, leftMs }: { hasTried: boolean; leftMs: number },
): Promise<void> {
  const noticeMs = hasTried ? Math.min(context.limits.deathNoticeMs, leftMs) : 0
  if (hasTried) {
    await new Promise<void>((resolve) => {
      context.clock.after(noticeMs, resolve)
    })
  }
  if (isAnyComing(context)) await waitForEngine(exchange, context, leftMs - noticeMs)
}

function sendKept(
  exchange: Exchange,
  nodeId: string,
  { answer, engine }: { answer: KeptAnswer; engine: string },
): void {
  exchange.engine = engine
  exchange.bodyBytes = answer.body.length
  const headers = relayedHeaders(answer.headers, exchange.id, nodeId, engine)
  beginAnswer(exchange, answer.status, headers)
  exchange.response.end(answer.body)
}
