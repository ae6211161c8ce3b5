/** What a node says of its engines in soft state: the short form that routing needs. */
import { z } from 'zod'
import {
  type EngineView,
  engineKinds,
  engineNamePattern,
  engineStates,
  enginesMax,
} from '../../core/engine.ts'
import { limits } from './limits.ts'

const count = z.int().min(0).max(1_000_000)
const places = z.array(count).max(limits.advertModelsMax)

const engine = z.object({
  id: z.string().regex(engineNamePattern),
  kind: z.enum(engineKinds),
  url: z.url().max(200),
  state: z.enum(engineStates),
  version: z.string().max(100).optional(),
  slots: count.optional(),
  active: count,
  queued: count,
  /** Places in `models`. */
  models: places,
  loaded: places,
})

const model = z.tuple([
  z.string().min(1).max(limits.nameCharactersMax),
  z.string().max(limits.digestCharacters),
])

/** Engines of later versions may be of kinds that this one does not know: each is looked at by itself. */
const envelope = z.object({
  models: z.array(model).max(limits.advertModelsMax),
  engines: z.array(z.unknown()).max(enginesMax),
  isCut: z.boolean().optional(),
})

/** A model by its name and the beginning of its digest. */
export type AdvertModel = z.infer<typeof model>
type Engine = z.infer<typeof engine>

/** Plain JSON. Each model stands once, however many engines have it. */
export interface Advert {
  readonly models: readonly AdvertModel[]
  readonly engines: readonly Engine[]
  /** True when there is more than fits. */
  readonly isCut?: boolean | undefined
}

/** Undefined when it is not what a node of this program says. */
export function readAdvert(value: unknown): Advert | undefined {
  const read = envelope.safeParse(value)
  if (!read.success) return undefined
  const { models, engines, isCut } = read.data
  const isPlace = (at: number) => at < models.length
  const known = engines.flatMap((one) => engine.safeParse(one).data ?? [])
  return {
    models,
    engines: known.map((one) => ({
      ...one,
      models: one.models.filter(isPlace),
      loaded: one.loaded.filter(isPlace),
    })),
    isCut,
  }
}

/** Where not all fits, loaded models come first, and `isCut` is set. */
export function makeAdvert(engines: readonly EngineView[]): Advert {
  const models = modelsOf(engines)
  const whole = advertOf(engines, models)
  if (sizeOf(whole) <= limits.advertBytesMax) return whole
  const fitting = (of: readonly EngineView[]): Advert | undefined => {
    const most = largest(models.length, (n) => fits(advertOf(of, models.slice(0, n))))
    return most < 0 ? undefined : { ...advertOf(of, models.slice(0, most)), isCut: true }
  }
  const kept = largest(engines.length, (n) => fits(advertOf(engines.slice(0, n), [])))
  return fitting(engines.slice(0, Math.max(kept, 0))) ?? { models: [], engines: [], isCut: true }
}

function advertOf(engines: readonly EngineView[], models: readonly AdvertModel[]): Advert {
  const placesByKey = new Map(models.map((one, at) => [one.join(' '), at]))
  const placesOf = (listings: EngineView['models' | 'loaded']) =>
    listings.flatMap((listing) => placesByKey.get(shortOf(listing).join(' ')) ?? [])
  return {
    models,
    engines: engines.map((view) => ({
      id: view.id,
      kind: view.kind,
      url: view.url,
      state: view.state,
      ...(view.version === undefined ? {} : { version: view.version }),
      ...(view.slots === undefined ? {} : { slots: view.slots }),
      active: view.activeRequests,
      queued: view.queuedRequests ?? 0,
      models: placesOf(view.models),
      loaded: placesOf(view.loaded),
    })),
  }
}

/** Each once, loaded ones first. */
function modelsOf(engines: readonly EngineView[]): AdvertModel[] {
  const found = new Map<string, AdvertModel>()
  const all = [
    ...engines.flatMap(({ loaded }) => loaded),
    ...engines.flatMap(({ models }) => models),
  ]
  for (const listing of all) {
    const short = shortOf(listing)
    if (short[0].length <= limits.nameCharactersMax) found.set(short.join(' '), short)
  }
  return [...found.values()].slice(0, limits.advertModelsMax)
}

function shortOf({
  name,
  digest,
}: {
  readonly name: string
  readonly digest: string
}): AdvertModel {
  return [name, digest.replace(/^sha256:/, '').slice(0, limits.digestCharacters)]
}

function fits(advert: Advert): boolean {
  return sizeOf({ ...advert, isCut: true }) <= limits.advertBytesMax
}

function sizeOf(advert: Advert): number {
  return Buffer.byteLength(JSON.stringify(advert))
}

/** The largest number from 0 to `max` that is still good; -1 when none is. Larger ones are never better than smaller ones. */
function largest(max: number, isGood: (n: number) => boolean): number {
  let [good, bad] = [-1, max + 1]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (isGood(middle)) good = middle
    else bad = middle
  }
  return good
}
