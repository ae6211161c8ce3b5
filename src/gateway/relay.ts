import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import type { Question, Ranking } from '../routing/index.ts'
import { beginAnswer } from './answer.ts'
import { type Attempt, type RelayRequest, tryEngine } from './attempt.ts'
import type { GatewayContext } from './context.ts'
import { type KeptAnswer, relayedHeaders } from './delivery.ts'
import { failureOf } from './engine-body.ts'
import type { Exchange } from './exchange.ts'
import {
  type FailedTry,
  hasCost,
  type Move,
  nextMove,
  type Situation,
  wasHeard,
} from './failover.ts'
import { withKnownModels } from './known-models.ts'
import { absentHolders, isAnyComing, isComing, noEngineError, waitForEngine } from './waiting.ts'

/** Lists this old are new enough to look for a model in: who asks for one that nobody has may ask again at once. */
const listsMsMax = 1_000

/**
 * Has an engine answer. Until a byte of an answer has gone out, an engine that fails is followed by the next; after that
 * the client is told inside the stream. Throws OD_RUNNER_DIED, OD_EDGE_NO_ENGINE, OD_QUEUE_FULL or OD_QUEUE_WAIT when no
 * engine gave an answer, OD_BODY_DISK_FAILED when the request could not be read back.
 */
export async function relay(
  exchange: Exchange,
  request: RelayRequest,
  context: GatewayContext,
): Promise<void> {
  const { model, isUnload } = request.wish
  if (model !== undefined) exchange.model = model
  const { clock, limits } = context
  let tries: FailedTry[] = []
  let full: string[] = []
  let paidTries = 0
  let kept: { answer: KeptAnswer; engine: string } | undefined
  let waitUntilMs: number | undefined
  context.retries.began()
  for (;;) {
    const isMissing = tries.some(({ result }) => result === 'missing')
    const views = isMissing ? withKnownModels(context) : context.engines.list()
    const { order, alike } = choose(exchange, views, request.mayAnswer, context)
    const leftMs = (waitUntilMs ?? clock.nowMs() + limits.engineWaitMs) - clock.nowMs()
    const holders = absentHolders(views, model)
    const isHope = isMissing ? holders.some(isComing) : isAnyToCome(views, tries)
    const situation: Situation = {
      order,
      alike,
      full,
      tries,
      enginesMax: limits.enginesPerRequestMax,
      mayWait: leftMs > 0 && isHope,
      isHeldByAbsent: holders.length > 0,
    }
    const move =
      paidTries === tries.length ? nextMove(situation) : affordable(situation, exchange, context)
    paidTries = tries.length
    if (move.type === 'try') {
      const delivery = await tryEngine(exchange, request, context, {
        id: move.engine,
        mayWait: move.mayWait,
        order,
        tries,
        isUnload,
      })
      if (delivery.type === 'busy' && !move.mayWait) {
        full = [...full, move.engine]
        continue
      }
      if (delivery.type === 'kept' && !(is404(delivery.answer) && kept !== undefined)) {
        kept = { answer: delivery.answer, engine: move.engine }
      }
      if (delivery.type === 'delivered' || delivery.type === 'broken') return
      if (delivery.type === 'client-left' || exchange.response.destroyed) return
      const failure = failureOf(request.body)
      if (failure !== undefined) throw failure
      const result = resultOf(delivery)
      if (result === 'missing' && !isMissing) {
        await context.engines.refresh(listsMsMax) // the news of a node are not all that it has
        if (exchange.response.destroyed) return
      }
      tries = [...tries, { engine: move.engine, result }]
    } else if (move.type === 'wait') {
      waitUntilMs ??= clock.nowMs() + limits.engineWaitMs
      await settleAndWait(exchange, context, { hasTried: tries.length > 0, leftMs })
      if (exchange.response.destroyed) return
      tries = tries.filter(wasHeard) // those that were not reached may be other processes by now
      paidTries = tries.length
    } else if (move.type === 'answer-kept' && kept !== undefined) {
      sendKept(exchange, context.nodeId, kept)
      return
    } else {
      throw errorOf(move.type, isMissing ? holders : context.engines.list())
    }
  }
}

/** Another try only as far as the budget goes for requests that an engine may have worked on. */
function affordable(
  situation: Situation,
  { id: requestId }: Exchange,
  { retries, engines, log }: GatewayContext,
): Move {
  const move = nextMove(situation)
  const last = situation.tries.at(-1)
  const goesOn = move.type === 'try' || move.type === 'wait'
  if (!goesOn || last === undefined || !hasCost(last)) return move
  if (retries.take(Math.max(...engines.list().map(({ slots = 0 }) => slots)))) return move
  log.warn({ requestId, engine: last.engine, result: last.result }, 'retry.refused')
  return nextMove({ ...situation, order: [], mayWait: false })
}

/** True when an engine that was not heard of the request may yet be. */
function isAnyToCome(engines: readonly EngineView[], tries: readonly FailedTry[]): boolean {
  if (!tries.every(wasHeard)) return true
  return engines.some((one) => isComing(one) && !tries.some(({ engine }) => engine === one.id))
}

type Untaken = Exclude<Attempt, { type: 'delivered' | 'broken' | 'client-left' }>

function resultOf(untaken: Untaken): FailedTry['result'] {
  if (untaken.type === 'failed') return untaken.result
  if (untaken.type === 'busy') return 'busy'
  return is404(untaken.answer) ? 'missing' : 'erred'
}

function is404({ status }: KeptAnswer): boolean {
  return status === 404
}

function errorOf(move: Move['type'], absent: readonly EngineView[]): OdError {
  if (move === 'answer-died') return new OdError('OD_RUNNER_DIED')
  return move === 'answer-busy' ? new OdError('OD_QUEUE_FULL') : noEngineError(absent)
}

function choose(
  { model, id: requestId }: Exchange,
  engines: readonly EngineView[],
  mayAnswer: Question['mayAnswer'],
  context: GatewayContext,
): Ranking {
  const ranking = context.router.rank({ model, engines, mayAnswer })
  const { order, reason } = ranking
  context.log.debug({ requestId, model, order, reason }, 'routing.decided')
  return ranking
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
