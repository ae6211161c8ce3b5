/** What a node says of its engines to the others, in short form; and what comes of that at the others, checked. */
import { z } from 'zod'
import { type EngineView, engineKinds, engineStates } from '../core/engine.ts'

/** All engines together may list so many names: beyond it the entry of a node would not fit into a packet. */
const namesMax = 200
const nameCharactersMax = 256

/** Of a digest, as much as tells two versions of a model apart. */
const digestCharacters = 12

const listing = z.object({
  name: z.string().max(nameCharactersMax),
  digest: z.string().max(digestCharacters),
})

const report = z.object({
  id: z.string().max(64),
  kind: z.enum(engineKinds),
  state: z.enum(engineStates),
  sinceMs: z.number(),
  reason: z.string().max(200),
  version: z.string().max(64).exactOptional(),
  slots: z.number().int().nonnegative().exactOptional(),
  active: z.number().int().nonnegative(),
  queued: z.number().int().nonnegative(),
  models: z.array(listing).max(namesMax),
  loaded: z.array(listing).max(namesMax),
})
/** One engine of a node, as the node tells of it. */
export type EngineReport = z.infer<typeof report>

const reports = z.array(report).max(64)

/** The short form of a node's engines. Models that are beyond the bound are left out, those in memory last. */
export function reportEngines(engines: readonly EngineView[]): EngineReport[] {
  let left = namesMax
  const short = (listings: EngineView['models'] | EngineView['loaded']) => {
    const taken = listings.slice(0, left)
    left -= taken.length
    return taken.map(({ name, digest }) => ({ name, digest: digest.slice(0, digestCharacters) }))
  }
  const loaded = engines.map((engine) => short(engine.loaded))
  return engines.map((engine, index) => ({
    id: engine.id,
    kind: engine.kind,
    state: engine.state,
    sinceMs: engine.sinceMs,
    reason: engine.reason.slice(0, 200),
    ...(engine.version === undefined ? {} : { version: engine.version }),
    ...(engine.slots === undefined ? {} : { slots: engine.slots }),
    active: engine.activeRequests,
    queued: engine.queuedRequests ?? 0,
    models: short(engine.models),
    loaded: loaded[index] ?? [],
  }))
}

/** What a node's entry says of its engines; undefined where it says nothing that can be read. */
export function readEngineReport(
  body: Readonly<Record<string, unknown>> | undefined,
): readonly EngineReport[] | undefined {
  return body === undefined ? undefined : reports.safeParse(body['engines']).data
}
