import type { EngineKind, EngineView } from '../core/engine.ts'
import { namesModel } from '../core/model-listing.ts'
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
 * Which engines are asked; undefined when any may be. Where no engine that can answer has the model as far as is known, and
 * another has it, that one is asked all the same: it says what it cannot, after what is wrong with the request. Throws
 * OD_CLOUD_DISABLED.
 */
export function findAnswerers(route: Route, wish: Wish, context: GatewayContext): Test | undefined {
  if (needsCloud(route, wish)) return requireCloud(missingIn(route), context)
  const { handling } = route
  const test = handling.type === 'relay' ? tests.get(handling.use) : undefined
  return test !== undefined && isHelp(test, wish, context) ? test : undefined
}

/** True when there are engines that can answer, and they have the model or nobody has it: their lists may be older than it. */
function isHelp(test: Test, { model }: Wish, { engines }: GatewayContext): boolean {
  const all = engines.list()
  const isHolder = ({ models }: EngineView) => model !== undefined && namesModel(models, model)
  return all.some(isHolder) ? all.some((one) => test(one) && isHolder(one)) : all.some(test)
}
