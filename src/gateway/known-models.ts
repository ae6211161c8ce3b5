import type { EngineView } from '../core/engine.ts'
import type { GatewayContext } from './context.ts'

/**
 * All engines, each with every model that it is known to have: what its node told all others, which is never long, and what it
 * told this one when it was last asked, which may be older. For what is too rare to be chosen by one list alone.
 */
export function withKnownModels({ engines }: GatewayContext): EngineView[] {
  const listed = new Map(engines.listings().map(({ id, models }) => [id, models]))
  return engines.list().map((view) => {
    if (view.node === undefined) return view // there is one list of it
    return { ...view, models: [...(listed.get(view.id) ?? []), ...view.models] }
  })
}
