import type { EngineView } from '../core/engine.ts'
import { namesModel } from '../core/model-listing.ts'

/** What a model is to be made of, and what is known of where it is. */
export interface MakerQuestion {
  /** Engines that run, in the order of the roster. */
  readonly engines: readonly EngineView[]
  /** Canonical name of the model it starts from; absent where it starts from files. */
  readonly from?: string
  /** Canonical name of the model to make. */
  readonly model?: string
  readonly blobs: readonly string[]
  /** Which of these blobs each engine holds, by its id. */
  readonly held: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * `makers`: engines that can make it, best first, or all of them when nobody has what it needs, whose error is then the
 * answer. `apart`: everything is there, but no engine has it all.
 */
export type MakerChoice =
  | { readonly type: 'makers'; readonly order: readonly string[]; readonly reason: string }
  | { readonly type: 'apart' }

/**
 * Chooses the engine of a create. The one that has the model to start from and all blobs; of several, one that has a model
 * of the new name, so that no second one comes to be; then by the order of the roster, where uploads go too. Pure.
 */
export function chooseMaker(question: MakerQuestion): MakerChoice {
  const { engines, from, model, blobs, held } = question
  const hasFrom = (engine: EngineView) => from !== undefined && namesModel(engine.models, from)
  const hasBlob = ({ id }: EngineView, blob: string) => held.get(id)?.has(blob) === true
  const isFromKnown = engines.some(hasFrom)
  const known = blobs.filter((blob) => engines.some((engine) => hasBlob(engine, blob)))
  const able = engines.filter(
    (engine) => (!isFromKnown || hasFrom(engine)) && known.every((blob) => hasBlob(engine, blob)),
  )
  if (able.length === 0 && engines.length > 0) return { type: 'apart' }
  const replaces = (engine: EngineView) => model !== undefined && namesModel(engine.models, model)
  const order = [...able.filter(replaces), ...able.filter((engine) => !replaces(engine))]
  const isSomethingKnown = isFromKnown || known.length > 0
  const reason = isSomethingKnown ? 'has what is needed' : 'nobody has what is needed'
  return { type: 'makers', order: order.map(({ id }) => id), reason }
}
