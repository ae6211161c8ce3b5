import type { EngineView } from '../core/engine.ts'
import type { RelayOutcome } from '../core/engine-entry.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import type { Log } from '../sys/log.ts'
import type { GatewayContext } from './context.ts'
import { type Delivery, deliver } from './delivery.ts'
import { bodyForEngine } from './engine-body.ts'
import { enterEngine } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { type FailedTry, hasCost } from './failover.ts'
import { requestHeaders } from './headers.ts'
import { callUpstream } from './upstream.ts'
import { absentHolders } from './waiting.ts'

/** A request that an engine is to answer. */
export interface RelayRequest {
  /** Path and query as the engine gets them. */
  readonly path: string
  /** The client's bytes; `bodyForEngine` says what an engine gets. */
  readonly body: Buffer
  /** True when the body names a model. */
  readonly needsModel: boolean
}

/** The engine that is tried next, and what came before. */
export interface Choice {
  readonly id: string
  readonly order: readonly string[]
  readonly tries: readonly FailedTry[]
  /** The request is to unload a model. */
  readonly isUnload: boolean
}

/** `busy`: the engine had no room and saw nothing of the request. */
export type Attempt = Delivery | { readonly type: 'busy' }

/** One engine, once. Its outcome is reported to the roster, except where the client decided it. */
export async function tryEngine(
  exchange: Exchange,
  request: RelayRequest,
  context: GatewayContext,
  choice: Choice,
): Promise<Attempt> {
  const { engines, pools, limits, clock, nodeId, log } = context
  const views = engines.list()
  const engine = views.find(({ id }) => id === choice.id)
  if (engine === undefined) return vanished
  const isLast = !hasAnother(choice, limits.enginesPerRequestMax)
  const mayLack = !isKnownToHave(engine, exchange.model)
  // What was heard before may count for more, and so may an engine that has the model and is away.
  const isFollowed =
    !isLast || choice.tries.some(hasCost) || absentHolders(views, exchange.model).length > 0
  const keeps = (status: number) =>
    status >= 500 ? !isLast : status === 404 && mayLack && isFollowed
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
  logFailure(delivery, exchange.id, engine.id, log)
  return delivery
}

function logFailure(delivery: Delivery, requestId: string, engine: string, log: Log): void {
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
function withoutGhosts(
  delivery: Delivery,
  engineId: string,
  sentMs: number,
  { deaths, clock, limits }: GatewayContext,
): Delivery {
  if (outcomeOf(delivery) !== 'died') return delivery
  const diedMs = deaths.get(engineId) ?? Number.NEGATIVE_INFINITY
  deaths.set(engineId, clock.nowMs())
  const isGhost = delivery.type === 'failed' && Math.abs(sentMs - diedMs) < limits.deathNoticeMs
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
