import type { Pass } from '../core/engine-entry.ts'
import { OdError } from '../core/errors/index.ts'
import type { Question } from '../routing/index.ts'
import { errorAnswer } from './answer.ts'
import type { RequestBody } from './body.ts'
import type { GatewayContext } from './context.ts'
import { type Delivery, deliver } from './delivery.ts'
import { bodyAsItCame, withLength } from './engine-body.ts'
import { callEngine } from './engine-call.ts'
import { enterEngine } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { requestHeaders } from './headers.ts'
import { noEngineError } from './waiting.ts'

/** A request that changes what is stored, with the client's bytes. */
export interface OnceRequest {
  readonly path: string
  readonly body: RequestBody
  /** False for engines that cannot answer; absent where all can. */
  readonly mayAnswer?: Question['mayAnswer']
}

/**
 * Has the first of these engines that is reached do it, and passes its answer on as it comes. Another is tried only while nothing
 * was sent: an engine that breaks off later has maybe done it. A client that leaves ends the work. Throws
 * OD_EDGE_OUTCOME_UNKNOWN and OD_EDGE_NO_ENGINE.
 */
export async function sendOnce(
  exchange: Exchange,
  request: OnceRequest,
  order: readonly string[],
  context: GatewayContext,
): Promise<void> {
  for (const id of order.slice(0, context.limits.enginesPerRequestMax)) {
    const delivery = await sendTo(exchange, request, id, context)
    const isUnread = delivery.type === 'failed' && delivery.result === 'unreachable'
    if (isUnread || (delivery.type === 'refused' && delivery.reason !== 'died')) continue
    if (delivery.type === 'failed' || delivery.type === 'refused') {
      throw new OdError('OD_EDGE_OUTCOME_UNKNOWN', { engine: id })
    }
    return await context.engines.refresh(0) // whoever reads the answer and then a list sees the change
  }
  throw noEngineError(context.engines.list())
}

async function sendTo(
  exchange: Exchange,
  { path, body }: OnceRequest,
  id: string,
  context: GatewayContext,
): Promise<Delivery> {
  const { engines, limits, clock, nodeId, log } = context
  const engine = engines.list().find((view) => view.id === id)
  if (engine?.state !== 'running') return unreached
  const admission = await enterEngine(exchange, engine, 'beside', context)
  if (admission.type !== 'admitted') return unreached
  const pass = withPatience(admission.pass)
  const { method = 'POST', rawHeaders } = exchange.request
  const sent = bodyAsItCame(body)
  const headers = withLength(requestHeaders(rawHeaders), sent)
  const asSent = { method, path, headers, body: sent }
  const call = { exchange, engine, mode: 'beside', request: asSent } as const
  const delivery = await deliver(
    {
      exchange,
      nodeId,
      engineId: id,
      pass,
      keeps: () => false,
      limits,
      clock,
      brokenLine: brokenLineOf(id),
    },
    (listener) => callEngine(call, context, { listener, onWaited: () => {} }),
  )
  const failure = failureOf(delivery)
  if (failure !== undefined) {
    log.warn({ requestId: exchange.id, engine: id, ...failure }, 'engine.failed')
  }
  pass.finish(delivery.type === 'refused' ? 'answered' : (failure?.result ?? 'answered'))
  return delivery
}

const unreached: Delivery = {
  type: 'failed',
  result: 'unreachable',
  cause: new Error('the engine is gone'),
}

/** Nobody else can go on with it, so a node that is only doubted is waited for until it is lost. */
function withPatience(pass: Pass): Pass {
  return {
    ...pass,
    whenOut: (action) =>
      pass.whenOut((why) => {
        if (why !== 'doubted') action(why)
      }),
  }
}

function failureOf(delivery: Delivery) {
  switch (delivery.type) {
    case 'failed':
      return { result: delivery.result, cause: delivery.cause.message }
    case 'broken':
      return { result: 'died', cause: delivery.cause.message } as const
    case 'refused': {
      const result = delivery.reason === 'died' ? 'died' : 'unreachable'
      return { result, cause: `its node says: ${delivery.reason}` } as const
    }
    default:
      return undefined
  }
}

/** What ends a stream that the engine broke off. */
function brokenLineOf(engine: string): string {
  return `${errorAnswer(new OdError('OD_EDGE_OUTCOME_UNKNOWN', { engine })).body}\n`
}
