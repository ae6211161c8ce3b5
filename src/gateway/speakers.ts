import { type Dialect, speaks } from '../core/dialect.ts'
import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import { goQuote } from '../wire/go-json/index.ts'
import type { GatewayContext } from './context.ts'
import type { Exchange } from './exchange.ts'
import type { Route } from './routes.ts'
import type { Wish } from './wish.ts'

type Test = (engine: EngineView) => boolean

/** Every engine speaks Ollama's own API: nothing needs to be looked at. */
const tests: Readonly<Record<Dialect, Test | undefined>> = {
  ollama: undefined,
  openai: ({ kind }) => speaks(kind, 'openai'),
  anthropic: ({ kind }) => speaks(kind, 'anthropic'),
}

/** Tells which engines can answer a request in its dialect; undefined when all can. */
export function answerersOf({ route }: Exchange): Test | undefined {
  return tests[route?.dialect ?? 'ollama']
}

/**
 * Refuses what no engine can answer in its dialect, in Ollama's words for a model that cannot. An engine that speaks the
 * dialect and lacks the model, as far as is known, is no help where another has it. Throws OD_MODEL_CANNOT, and
 * OD_MODEL_NOT_FOUND where nobody has the model.
 */
export function requireSpeaker(
  { dialect, handling }: Route,
  { name = '', model }: Wish,
  { engines }: GatewayContext,
): void {
  const speaksIt = tests[dialect]
  if (speaksIt === undefined || handling.type !== 'relay') return
  const all = engines.list()
  const isHolder = ({ models }: EngineView) => model !== undefined && namesModel(models, model)
  const isMute = (engine: EngineView) => !speaksIt(engine)
  if (!all.some(isMute) || all.some((engine) => speaksIt(engine) && isHolder(engine))) return
  if (all.some(isHolder)) {
    throw new OdError('OD_MODEL_CANNOT', { model: goQuote(name), capability: handling.use })
  }
  if (all.some(speaksIt)) return // its list may be older than the model
  const isEmbed = handling.use === 'embed'
  throw new OdError(isEmbed ? 'OD_MODEL_NOT_FOUND_EMBED' : 'OD_MODEL_NOT_FOUND', { model: name })
}
