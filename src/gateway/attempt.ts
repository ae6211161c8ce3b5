import type { EngineView } from '../core/engine.ts'
import type { RelayOutcome } from '../core/engine-entry.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import type { Question, Verdict } from '../routing/index.ts'
import type { Log } from '../sys/log.ts'
import type { OwnerRefusal } from './across/entry-note.ts'
import type { RequestBody } from './body.ts'
import type { GatewayContext } from './context.ts'
import { type Delivery, deliver } from './delivery.ts'
import { bodyForEngine, withLength } from './engine-body.ts'
import { callEngine, type EngineCall } from './engine-call.ts'
import { enterEngine, entryModeOf } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { type FailedTry, hasCost, wasHeard } from './failover.ts'
import { requestHeaders } from './headers.ts'
import type { UpstreamRequest } from './upstream.ts'
import { absentHolders } from './waiting.ts'
import type { Wish } from './wish.ts'

/** A request that an engine is to answer. */
export interface RelayRequest {
  /** Path and query as the engine gets them. */
  readonly path: string
  /** The client's bytes; `bodyForEngine` says what an engine gets. */
  readonly body: RequestBody
  readonly wish: Wish
  /** Tells which engines can answer it; all can where it is absent. */
  readonly mayAnswer: Question['mayAnswer']
}

/** The engine that is tried next, and what came before. */
export interface Choice {
  readonly id: string
  /** False where it is to be asked for a place at once. */
  readonly mayWait: boolean
  readonly order: readonly string[]
  readonly tries: readonly FailedTry[]
  /** The request is to unload a model. */
  readonly isUnload: boolean
}

/** `busy`: the engine had no room and saw nothing of the request. */
export type Attempt = Exclude<Delivery, { type: 'refused' }> | { readonly type: 'busy' }

/** What a try that reached an engine came to. */
type Reached = Exclude<Attempt, { type: 'busy' }>

/** One engine, once. Its outcome is reported to the roster, except where the client decided it. */
export async function tryEngine(
  exchange: Exchange,
  request: RelayRequest,
  context: GatewayContext,
  choice: Choice,
): Promise<Attempt> {
  const { engines, limits, clock, nodeId, log } = context
  const views = engines.list()
  const engine = views.find(({ id }) => id === choice.id)
  if (engine === undefined) return vanished
  const isLastWord = choice.tries.filter(wasHeard).length + 1 >= limits.enginesPerRequestMax
  const mayLack = !isKnownToHave(engine, exchange.model)
  // What was heard before may count for more, and so may an engine that has the model and is away.
  const isFollowed =
    (!isLastWord && hasUntried(choice)) ||
    choice.tries.some(hasCost) ||
    absentHolders(views, exchange.model).length > 0
  const keeps = (status: number) =>
    status >= 500 ? !isLastWord : status === 404 && mayLack && isFollowed
  const { model } = exchange
  if (choice.tries.length === 0) context.router.tried(engine.id, { model, engines: views })
  const mode = entryModeOf(exchange, choice)
  const admission = await enterEngine(exchange, engine, mode, context)
  if (admission.type === 'left') return { type: 'client-left' }
  if (admission.type !== 'admitted') {
    return afterRefusal(admission.type, { exchange, engine, mode }, context)
  }
  const { pass } = admission
  context.router.sent(engine.id)
  const sentMs = clock.nowMs()
  let waitedMs = 0
  const onWaited = (ms: number) => {
    waitedMs = ms
  }
  const delivered = await deliver(
    { exchange, nodeId, engineId: engine.id, pass, keeps, limits, clock },
    (listener) => {
      const sent = asSent(exchange, request, engine, context)
      return callEngine({ exchange, engine, mode, request: sent }, context, { listener, onWaited })
    },
  )
  const ended = (verdict: Verdict) =>
    context.router.ended(engine.id, model, verdict, clock.nowMs() - sentMs - waitedMs)
  if (delivered.type === 'refused') {
    const { reason } = delivered
    pass.finish('answered') // the node did; its own roster knows how its engine stands
    ended(reason === 'died' ? 'failed' : 'left')
    const attempt = afterRefusal(reason, { exchange, engine, mode }, context)
    return attempt.type === 'failed' ? withoutGhosts(attempt, engine.id, sentMs, context) : attempt
  }
  const delivery = withoutGhosts(delivered, engine.id, sentMs, context)
  pass.finish(outcomeOf(delivery))
  ended(verdictOf(delivered, exchange.response.statusCode))
  logFailure(delivery, exchange.id, engine.id, log)
  return delivery
}

/** A request on its way into one engine. */
type Entering = Omit<EngineCall, 'request'>

function asSent(
  exchange: Exchange,
  { path, body }: RelayRequest,
  engine: EngineView,
  context: GatewayContext,
): UpstreamRequest {
  const { method = 'POST', rawHeaders } = exchange.request
  const sent = bodyForEngine(body, engine, exchange, context)
  return { method, path, headers: withLength(requestHeaders(rawHeaders), sent), body: sent }
}

/** What it means that a door, or the node behind it, let the request not in. Throws OD_QUEUE_WAIT after its whole time. */
function afterRefusal(
  reason: OwnerRefusal,
  { exchange, engine, mode }: Entering,
  { log }: GatewayContext,
): Extract<Attempt, { type: 'busy' | 'failed' }> {
  if (reason === 'unreachable' || reason === 'died') {
    const cause = new Error('its node says so')
    const failed = { type: 'failed', result: reason, cause } as const
    logFailure(failed, exchange.id, engine.id, log)
    return failed
  }
  const isUsual = mode === 'now' // another has room, as a rule
  const fields = { requestId: exchange.id, engine: engine.id, reason }
  log[isUsual ? 'debug' : 'warn'](fields, 'queue.refused')
  if (reason === 'late') throw new OdError('OD_QUEUE_WAIT')
  return reason === 'gone' ? vanished : { type: 'busy' }
}

function logFailure(delivery: Reached, requestId: string, engine: string, log: Log): void {
  if (delivery.type === 'failed' || delivery.type === 'broken') {
    const { message: cause } = delivery.cause
    log.warn({ requestId, engine, result: outcomeOf(delivery), cause }, 'engine.failed')
  } else if (delivery.type === 'kept' && delivery.answer.status !== 404) {
    log.warn({ requestId, engine, result: delivery.answer.status }, 'engine.failed')
  }
}

/**
 * A process that was killed accepts connections until the system has cleared it away. What was sent to it in the moments
 * around the first sign of its death was hardly read, so it counts as unreachable, and may be sent again.
 */
function withoutGhosts<One extends Reached>(
  delivery: One,
  engineId: string,
  sentMs: number,
  { deaths, clock, limits }: GatewayContext,
): One {
  if (outcomeOf(delivery) !== 'died') return delivery
  const diedMs = deaths.get(engineId) ?? Number.NEGATIVE_INFINITY
  deaths.set(engineId, clock.nowMs())
  const isGhost = delivery.type === 'failed' && Math.abs(sentMs - diedMs) < limits.deathNoticeMs
  return isGhost ? { ...delivery, result: 'unreachable' } : delivery
}

/** It left the list, or went out of use, between choosing and trying. */
const vanished: Extract<Delivery, { type: 'failed' }> = {
  type: 'failed',
  result: 'unreachable',
  cause: new Error('the engine is gone'),
}

/** True when an engine is left to try after this one. */
function hasUntried({ id, order, tries }: Choice): boolean {
  return order.some((other) => other !== id && !tries.some(({ engine }) => engine === other))
}

function isKnownToHave(engine: EngineView, model: string | undefined): boolean {
  if (model === undefined) return true
  return namesModel(engine.models, model) || namesModel(engine.loaded, model)
}

/**
 * What a try says about its engine. One that refuses connections is the roster's to take out, and to bring back; one that
 * says 503 is well and busy.
 */
function verdictOf(delivery: Reached, sentStatus: number): Verdict {
  const status = delivery.type === 'kept' ? delivery.answer.status : sentStatus
  if (delivery.type === 'delivered' || delivery.type === 'kept') {
    if (status === 503) return 'left'
    return status >= 500 ? 'failed' : 'answered'
  }
  return outcomeOf(delivery) === 'died' ? 'failed' : 'left'
}

function outcomeOf(delivery: Reached): RelayOutcome {
  if (delivery.type === 'failed') return delivery.result
  return delivery.type === 'broken' ? 'died' : 'answered'
}
