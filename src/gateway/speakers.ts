import { type Dialect, speaks } from '../core/dialect.ts'
import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import { goQuote } from '../wire/go-json/index.ts'
import { missingIn, needsCloud, requireCloud } from './cloud.ts'
import type { GatewayContext } from './context.ts'
import type { Route } from './routes.ts'
import type { Wish } from './wish.ts'

/** False for engines that cannot answer a request. */
export type Test = (engine: EngineView) => boolean

/** Every engine speaks Ollama's own API: nothing needs to be looked at. */
const tests: Readonly<Record<Dialect, Test | undefined>> = {
  ollama: undefined,
  openai: ({ kind }) => speaks(kind, 'openai'),
  anthropic: ({ kind }) => speaks(kind, 'anthropic'),
}

/**
 * Which engines can answer a request; undefined when all can. What none can answer in its dialect is refused in Ollama's words
 * for a model that cannot: an engine that speaks the dialect and lacks the model, as far as is known, is no help where
 * another has it. Throws OD_MODEL_CANNOT, OD_MODEL_NOT_FOUND where nobody has the model, and OD_CLOUD_DISABLED.
 */
export function findAnswerers(route: Route, wish: Wish, context: GatewayContext): Test | undefined {
  if (needsCloud(route, wish)) return requireCloud(missingIn(route), context)
  const speaksIt = tests[route.dialect]
  if (speaksIt !== undefined) requireSpeaker(speaksIt, route, wish, context)
  return speaksIt
}

function requireSpeaker(
  speaksIt: Test,
  { handling }: Route,
  { name = '', model }: Wish,
  { engines }: GatewayContext,
): void {
  const all = engines.list()
  const isHolder = ({ models }: EngineView) => model !== undefined && namesModel(models, model)
  const use = handling.type === 'relay' ? handling.use : 'chat'
  if (all.every(speaksIt) || all.some((engine) => speaksIt(engine) && isHolder(engine))) return
  if (all.some(isHolder)) {
    throw new OdError('OD_MODEL_CANNOT', { model: goQuote(name), capability: use })
  }
  if (all.some(speaksIt)) return // its list may be older than the model
  const code = use === 'embed' ? 'OD_MODEL_NOT_FOUND_EMBED' : 'OD_MODEL_NOT_FOUND'
  throw new OdError(code, { model: name })
}
