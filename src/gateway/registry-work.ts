import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import { decodeTransfer } from '../wire/ollama/model-requests.ts'
import { agreedOrder } from './agreed-order.ts'
import type { GatewayContext } from './context.ts'
import { scanned } from './engine-body.ts'
import type { Exchange } from './exchange.ts'
import { withKnownModels } from './known-models.ts'
import { type OnceRequest, sendOnce } from './sent-once.ts'
import { absentHolders, noEngineError, requireEngine } from './waiting.ts'
import type { Wish } from './wish.ts'

/** A pull or a push, with the client's bytes. */
export interface TransferRequest extends OnceRequest {
  readonly wish: Wish
}

/**
 * Has one engine fetch a model from its registry: one that has the name already, to bring it up to date, then one of this
 * node, whose disk whoever asked here had in mind, then the others; each time Ollamas first, which know more kinds of models
 * than our own engine. Throws as `sendOnce`.
 */
export async function relayPull(
  exchange: Exchange,
  request: TransferRequest,
  context: GatewayContext,
): Promise<void> {
  const { running, holders } = await findEngines(exchange, request, context)
  const own = running.filter(({ node }) => node === undefined)
  const ids = [...holders, ...own, ...running].map(({ id }) => id)
  await sendOnce(exchange, request, decided(exchange, [...new Set(ids)], context), context)
}

/**
 * Has one engine that holds the model send it to its registry. Throws OD_MODEL_NOT_FOUND where no node has it,
 * OD_EDGE_NO_ENGINE where those that have it are away, and as `sendOnce`. A name that is none is for an engine to refuse.
 */
export async function relayPush(
  exchange: Exchange,
  request: TransferRequest,
  context: GatewayContext,
): Promise<void> {
  const { running, holders } = await findEngines(exchange, request, context)
  const { name = '', model } = request.wish
  if (model !== undefined && holders.length === 0) {
    const absent = absentHolders(withKnownModels(context), model)
    if (absent.length > 0) throw noEngineError(absent)
    decodeTransfer(scanned(request.body), 'PushRequest') // what else is wrong with it is said first, as in Ollama
    throw new OdError('OD_MODEL_NOT_FOUND', { model: name })
  }
  const ids = (model === undefined ? running : holders).map(({ id }) => id)
  await sendOnce(exchange, request, decided(exchange, ids, context), context)
}

/** Engines that run, and those of them with the model; Ollamas stand first (`agreedOrder`). */
async function findEngines(
  exchange: Exchange,
  { wish: { model }, mayAnswer = () => true }: TransferRequest,
  context: GatewayContext,
): Promise<{ running: readonly EngineView[]; holders: readonly EngineView[] }> {
  if (model !== undefined) exchange.model = model
  await requireEngine(exchange, context)
  await context.engines.refresh(0)
  const isUsable = (engine: EngineView) => engine.state === 'running' && mayAnswer(engine)
  const running = agreedOrder(withKnownModels(context), context.nodeId).filter(isUsable)
  const holders =
    model === undefined ? [] : running.filter(({ models }) => namesModel(models, model))
  return { running, holders }
}

function decided(
  { id: requestId, model, route }: Exchange,
  order: readonly string[],
  { log }: GatewayContext,
): readonly string[] {
  log.debug({ requestId, model, order, reason: route?.handling.type }, 'routing.decided')
  return order
}
