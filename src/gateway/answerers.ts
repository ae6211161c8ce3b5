import type { EngineKind, EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import { goQuote } from '../wire/go-json/index.ts'
import { missingIn, needsCloud, requireCloud } from './cloud.ts'
import type { GatewayContext } from './context.ts'
import type { Route, Use } from './routes.ts'
import type { Wish } from './wish.ts'

/** False for engines that cannot answer a request. */
type Test = (engine: EngineView) => boolean

/** What engines of a kind cannot do, whatever the model. An Ollama has every route (ollama-api §1.1); our own hears nothing. */
const beyond: Readonly<Partial<Record<EngineKind, readonly Use[]>>> = { embedded: ['audio'] }

const tests = new Map<Use, Test>(
  Object.values(beyond)
    .flat()
    .map((use) => [use, ({ kind }) => beyond[kind]?.includes(use) !== true]),
)

/**
 * Which engines can answer a request; undefined when all can. What none can answer is refused in Ollama's words for a model
 * that cannot: an engine that could, and lacks the model as far as is known, is no help where another has it. Throws
 * OD_MODEL_CANNOT, OD_MODEL_NOT_FOUND where nobody has the model, OD_MODEL_REQUIRED where none is named, and
 * OD_CLOUD_DISABLED.
 */
export function findAnswerers(route: Route, wish: Wish, context: GatewayContext): Test | undefined {
  if (needsCloud(route, wish)) return requireCloud(missingIn(route), context)
  const { handling } = route
  const test = handling.type === 'relay' ? tests.get(handling.use) : undefined
  if (test === undefined || handling.type !== 'relay') return undefined
  requireOne(test, handling.use, wish, context)
  return test
}

function requireOne(
  test: Test,
  use: Use,
  { name, model }: Wish,
  { engines }: GatewayContext,
): void {
  const all = engines.list()
  const isHolder = ({ models }: EngineView) => model !== undefined && namesModel(models, model)
  if (all.every(test) || all.some((engine) => test(engine) && isHolder(engine))) return
  if (all.some(isHolder)) {
    throw new OdError('OD_MODEL_CANNOT', { model: goQuote(name ?? ''), capability: use })
  }
  if (all.some(test)) return // its list may be older than the model
  if (name === undefined) throw new OdError('OD_MODEL_REQUIRED')
  throw new OdError('OD_MODEL_NOT_FOUND', { model: name })
}
