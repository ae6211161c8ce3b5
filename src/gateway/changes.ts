import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { peekRequest } from '../wire/peek.ts'
import { peekText } from '../wire/peek-create.ts'
import type { RequestBody } from './body.ts'
import { askEngine, sendCollected } from './collected.ts'
import type { GatewayContext } from './context.ts'
import { bodyAsItCame, scanned, withLength } from './engine-body.ts'
import type { Exchange } from './exchange.ts'
import { requestHeaders } from './headers.ts'
import { type ChangeResult, joinChanges } from './joined-changes.ts'
import { withKnownModels } from './known-models.ts'
import { noEngineError, requireEngine } from './waiting.ts'

/** A copy or a delete, with the client's bytes. */
export interface ChangeRequest {
  readonly path: string
  readonly body: RequestBody
}

/**
 * Sends a copy or a delete to every engine of every node, because each may have the model, whatever its last list says; one that
 * does not have it says so and is left alone. One after the other: two engines may share one store. It goes on when the client
 * leaves, so that no half is left. An engine that has the model and is not reached, its node gone perhaps, is named. Throws OD_EDGE_PARTLY_DONE, OD_EDGE_OUTCOME_UNKNOWN and OD_EDGE_NO_ENGINE.
 */
export async function changeEverywhere(
  exchange: Exchange,
  request: ChangeRequest,
  context: GatewayContext,
): Promise<void> {
  await requireEngine(exchange, context)
  const model = modelOf(exchange, request)
  if (model !== undefined) exchange.model = model
  const order = context.engines.list().map(({ id }) => id)
  const decision = { requestId: exchange.id, model, order, reason: 'every engine' }
  context.log.debug(decision, 'routing.decided')
  const results: ChangeResult[] = []
  for (const engine of withKnownModels(context)) {
    const result = await changeOne(exchange, request, engine, context)
    const isKnown = model !== undefined && namesModel(engine.models, model)
    if (result === 'unreached' && isKnown) {
      const missed = { requestId: exchange.id, engine: engine.id, reason: engine.reason }
      context.log.warn(missed, 'change.missed') // it still has the model as it was
    }
    if (result !== 'unreached' || isKnown) results.push({ engine: engine.id, result })
  }
  const joined = joinChanges(results)
  await context.engines.refresh(0) // whoever reads the answer and then a list sees the change
  if (joined.type === 'partly') {
    const { done, failed } = joined
    throw new OdError('OD_EDGE_PARTLY_DONE', { done, failed })
  }
  if (joined.type === 'unknown') {
    throw new OdError('OD_EDGE_OUTCOME_UNKNOWN', { engine: joined.engine })
  }
  if (joined.type === 'unreached') throw noEngineError(context.engines.list())
  sendCollected(exchange, joined.answer, joined.engines, context)
}

async function changeOne(
  exchange: Exchange,
  { path, body }: ChangeRequest,
  engine: EngineView,
  context: GatewayContext,
): Promise<ChangeResult['result']> {
  if (engine.state !== 'running') return 'unreached'
  const { method = '', rawHeaders } = exchange.request
  const late = new AbortController()
  const cancel = context.clock.after(context.limits.changeMs, () => late.abort())
  const sent = bodyAsItCame(body)
  const headers = withLength(requestHeaders(rawHeaders), sent)
  const request = { method, path, headers, body: sent }
  const collected = await askEngine(exchange, { engine, request }, context, late.signal)
  cancel()
  if (collected.type === 'answered') return collected.answer
  const result = collected.type === 'failed' ? collected.result : 'late'
  context.log.warn({ requestId: exchange.id, engine: engine.id, result }, 'engine.failed')
  return result === 'unreachable' ? 'unreached' : 'unknown'
}

/** The model that must be there: the source of a copy, or what is to be deleted. */
function modelOf({ route }: Exchange, { body }: ChangeRequest): string | undefined {
  const isCopy = route?.path === '/api/copy'
  const text = isCopy ? peekText(scanned(body), 'source') : peekRequest(scanned(body)).model
  const name = text === undefined ? undefined : parseModelName(text)
  return name === undefined ? undefined : canonicalName(name)
}
