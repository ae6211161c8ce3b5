import type { EngineKind, EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { namesModel } from '../core/model-listing.ts'
import { findCloudAnswerers } from './cloud.ts'
import type { GatewayContext } from './context.ts'
import type { Route, Use } from './routes.ts'
import type { Wish } from './wish.ts'

/** False for engines that cannot answer a request. */
type Test = (engine: EngineView) => boolean

/** What engines of a kind cannot do, whatever the model: our own neither hears nor draws, and it alone gives archives. */
const beyond: Readonly<Partial<Record<EngineKind, readonly Use[]>>> = {
  embedded: ['audio', 'image'],
  managed: ['export'],
  adopted: ['export'],
  remote: ['export'],
}

const tests = new Map<Use, Test>(
  Object.values(beyond)
    .flat()
    .map((use) => [use, ({ kind }) => beyond[kind]?.includes(use) !== true]),
)

/**
 * Which engines can answer a request; undefined when all can. Where only those that cannot do such a thing have the model, one
 * of them answers that it cannot, in Ollama's words: another, which lacks the model as far as is known, would deny that it
 * is there. No Ollama has words for an archive. Throws OD_CLOUD_DISABLED, OD_ARCHIVE_OLLAMA and OD_ARCHIVE_NO_ENGINE.
 */
export function findAnswerers(route: Route, wish: Wish, context: GatewayContext): Test | undefined {
  const ofCloud = findCloudAnswerers(route, wish, context)
  if (ofCloud !== undefined) return ofCloud
  const test = route.handling.type === 'relay' ? tests.get(route.handling.use) : undefined
  if (test === undefined) return undefined
  const all = context.engines.list()
  const { model } = wish
  const holders = all.filter(({ models }) => model !== undefined && namesModel(models, model))
  if ((holders.length > 0 ? holders : all).some(test)) return test
  if (route.path !== '/api/od/export') return undefined
  if (holders.length === 0) throw new OdError('OD_ARCHIVE_NO_ENGINE')
  throw new OdError('OD_ARCHIVE_OLLAMA', { model: wish.name ?? '' })
}
