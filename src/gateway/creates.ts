import { type Digest, parseDigest } from '../core/digest.ts'
import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { chooseMaker } from '../routing/index.ts'
import { peekRequest } from '../wire/peek.ts'
import { peekCreate } from '../wire/peek-create.ts'
import { errorAnswer } from './answer.ts'
import type { RequestBody } from './body.ts'
import { askEngine } from './collected.ts'
import type { GatewayContext } from './context.ts'
import { type Delivery, deliver } from './delivery.ts'
import { bodyAsItCame, scanned, withLength } from './engine-body.ts'
import { passWithoutPlace } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { requestHeaders } from './headers.ts'
import { callUpstream } from './upstream.ts'
import { noEngineError, ownEngines, requireOwnEngine } from './waiting.ts'

/** A create, with the client's bytes. */
export interface CreateRequest {
  readonly path: string
  readonly body: RequestBody
}

/**
 * Has one engine make a model: the one that has what it is made of. Another is tried only when the first one was not reached;
 * once it was sent, an engine that breaks off has maybe done it. Throws OD_EDGE_BLOBS_APART, OD_EDGE_OUTCOME_UNKNOWN and
 * OD_EDGE_NO_ENGINE.
 */
export async function relayCreate(
  exchange: Exchange,
  request: CreateRequest,
  context: GatewayContext,
): Promise<void> {
  await requireOwnEngine(exchange, context)
  await context.engines.refresh(0) // it may start from a model that was made a moment ago
  const order = await chooseOrder(exchange, request, context)
  for (const id of order.slice(0, context.limits.enginesPerRequestMax)) {
    const engine = ownEngines(context).find((view) => view.id === id)
    if (engine === undefined) continue
    const delivery = await createOn(exchange, request, engine, context)
    if (delivery.type !== 'failed') return context.engines.refresh(0)
    if (delivery.result === 'died') throw new OdError('OD_EDGE_OUTCOME_UNKNOWN', { engine: id })
  }
  throw noEngineError(ownEngines(context))
}

async function chooseOrder(
  exchange: Exchange,
  { body }: CreateRequest,
  context: GatewayContext,
): Promise<readonly string[]> {
  const engines = ownEngines(context).filter(({ state }) => state === 'running')
  const { from: fromText, files, additions } = peekCreate(scanned(body))
  const from = canonicalOf(fromText)
  const model = canonicalOf(peekRequest(scanned(body)).model)
  if (model !== undefined) exchange.model = model
  const texts = fromText === undefined ? [...files, ...additions] : additions
  const blobs = texts.flatMap((text) => parseDigest(text) ?? [])
  const asked = blobs.slice(0, context.limits.blobQuestionsMax)
  const held = engines.length > 1 ? await askHolders(engines, asked, context) : new Map()
  const choice = chooseMaker({
    engines,
    blobs: asked,
    held,
    ...(from === undefined ? {} : { from }),
    ...(model === undefined ? {} : { model }),
  })
  if (choice.type === 'makers') {
    const { order, reason } = choice
    context.log.debug({ requestId: exchange.id, model, order, reason }, 'routing.decided')
    return order
  }
  throw new OdError('OD_EDGE_BLOBS_APART', { engines: engines.map(({ id }) => id).join(', ') })
}

function canonicalOf(text: string | undefined): string | undefined {
  const name = text === undefined ? undefined : parseModelName(text)
  return name === undefined ? undefined : canonicalName(name)
}

/** Which of the blobs each engine has. One that does not answer in time counts as having none. */
async function askHolders(
  engines: readonly EngineView[],
  blobs: readonly Digest[],
  context: GatewayContext,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const late = new AbortController()
  const cancel = context.clock.after(context.limits.blobQuestionMs, () => late.abort())
  const held = new Map<string, Set<string>>(engines.map(({ id }) => [id, new Set()]))
  const ask = async (engine: EngineView, blob: Digest) => {
    const request = { method: 'HEAD', path: `/api/blobs/${blob}`, headers: [], body: nothing }
    const got = await askEngine(engine, request, context, late.signal)
    if (got.type === 'answered' && got.answer.status === 200) held.get(engine.id)?.add(blob)
  }
  await Promise.all(engines.flatMap((engine) => blobs.map((blob) => ask(engine, blob))))
  cancel()
  return held
}

const nothing = new Uint8Array()

/** What ends a stream that the engine broke off. */
function lastLineOf(engine: string): string {
  return `${errorAnswer(new OdError('OD_EDGE_OUTCOME_UNKNOWN', { engine })).body}\n`
}

async function createOn(
  exchange: Exchange,
  { path, body }: CreateRequest,
  { id, url }: EngineView,
  context: GatewayContext,
): Promise<Delivery> {
  const { engines, pools, limits, clock, nodeId, log } = context
  const sent = bodyAsItCame(body)
  const headers = withLength(requestHeaders(exchange.request.rawHeaders), sent)
  const pass = passWithoutPlace(engines.begin(id))
  const brokenLine = lastLineOf(id)
  const delivery = await deliver(
    { exchange, nodeId, engineId: id, pass, keeps: () => false, limits, clock, brokenLine },
    (listener) =>
      callUpstream(
        pools.get(url, ownEngines(context)),
        { method: 'POST', path, headers, body: sent },
        listener,
      ),
  )
  if (delivery.type === 'failed' || delivery.type === 'broken') {
    const result = delivery.type === 'failed' ? delivery.result : 'died'
    const fields = { requestId: exchange.id, engine: id, result }
    log.warn({ ...fields, cause: delivery.cause.message }, 'engine.failed')
    pass.finish(result)
  } else pass.finish('answered')
  return delivery
}
