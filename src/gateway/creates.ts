import { type Digest, parseDigest } from '../core/digest.ts'
import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { chooseMaker } from '../routing/index.ts'
import { peekRequest } from '../wire/peek.ts'
import { peekCreate } from '../wire/peek-create.ts'
import { agreedOrder } from './agreed-order.ts'
import { askEngine } from './collected.ts'
import type { GatewayContext } from './context.ts'
import { scanned } from './engine-body.ts'
import type { Exchange } from './exchange.ts'
import { withKnownModels } from './known-models.ts'
import { type OnceRequest, sendOnce } from './sent-once.ts'
import { requireEngine } from './waiting.ts'

/**
 * Has one engine make a model: the one, on whichever node, that has what it is made of. Throws OD_EDGE_BLOBS_APART and what
 * `sendOnce` throws.
 */
export async function relayCreate(
  exchange: Exchange,
  request: OnceRequest,
  context: GatewayContext,
): Promise<void> {
  await requireEngine(exchange, context)
  await context.engines.refresh(0) // it may start from a model that was made a moment ago
  await sendOnce(exchange, request, await chooseOrder(exchange, request, context), context)
}

async function chooseOrder(
  exchange: Exchange,
  { body, mayAnswer = () => true }: OnceRequest,
  context: GatewayContext,
): Promise<readonly string[]> {
  const engines = agreedOrder(withKnownModels(context), context.nodeId).filter(
    (engine) => engine.state === 'running' && mayAnswer(engine),
  )
  const { from: fromText, files, additions } = peekCreate(scanned(body))
  const from = canonicalOf(fromText)
  const model = canonicalOf(peekRequest(scanned(body)).model)
  if (model !== undefined) exchange.model = model
  const texts = fromText === undefined ? [...files, ...additions] : additions
  const blobs = texts.flatMap((text) => parseDigest(text) ?? [])
  const asked = blobs.slice(0, context.limits.blobQuestionsMax)
  const held =
    engines.length > 1 ? await askHolders(exchange, { engines, blobs: asked }, context) : new Map()
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
  exchange: Exchange,
  { engines, blobs }: { engines: readonly EngineView[]; blobs: readonly Digest[] },
  context: GatewayContext,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const late = new AbortController()
  const cancel = context.clock.after(context.limits.blobQuestionMs, () => late.abort())
  const held = new Map<string, Set<string>>(engines.map(({ id }) => [id, new Set()]))
  const ask = async (engine: EngineView, blob: Digest) => {
    const request = { method: 'HEAD', path: `/api/blobs/${blob}`, headers: [], body: nothing }
    const got = await askEngine(exchange, { engine, request }, context, late.signal)
    if (got.type === 'answered' && got.answer.status === 200) held.get(engine.id)?.add(blob)
  }
  await Promise.all(engines.flatMap((engine) => blobs.map((blob) => ask(engine, blob))))
  cancel()
  return held
}

const nothing = new Uint8Array()
