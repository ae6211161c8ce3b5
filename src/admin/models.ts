import { z } from 'zod'
import type { EngineView } from '../core/engine.ts'
import { bytes, moment, named } from './api/schema.ts'
import { isUsable } from './health.ts'
import { formatUtc, type Snapshot } from './node-status.ts'

const modelReport = named(
  'Model',
  z.strictObject({
    name: z.string(),
    digest: z.string(),
    size: bytes.optional(),
    holders: z.array(z.string()).readonly().describe('engines that have it on disk'),
    hasConflict: z
      .boolean()
      .optional()
      .describe('true when other engines have another model under this name'),
    loadedOn: z.array(z.string()).readonly().describe('engines that have it in memory'),
  }),
)

/** Body of `/api/v1/models`. */
export const modelsReport = named(
  'Models',
  z.strictObject({ measuredAt: moment, models: z.array(modelReport).readonly() }),
)
type ModelReport = Readonly<z.infer<typeof modelReport>>

/** One entry per name and digest: two engines may have different models under one name. */
export function reportModels({ atMs, engines }: Snapshot): z.infer<typeof modelsReport> {
  const found = new Map<string, ModelReport>()
  for (const engine of engines.filter(isUsable)) {
    for (const { name, digest, ...listing } of engine.models) {
      const key = `${name} ${digest}`
      const known = found.get(key)
      const { size } = listing as { size?: unknown }
      found.set(key, {
        name,
        digest,
        ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? { size } : {}),
        holders: [...(known?.holders ?? []), engine.id],
        loadedOn: [...(known?.loadedOn ?? []), ...(isLoaded(engine, name) ? [engine.id] : [])],
      })
    }
  }
  const models = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const isTwice = ({ name }: ModelReport, at: number) =>
    models[at - 1]?.name === name || models[at + 1]?.name === name
  return {
    measuredAt: formatUtc(atMs),
    models: models.map((one, at) => (isTwice(one, at) ? { ...one, hasConflict: true } : one)),
  }
}

function isLoaded(engine: EngineView, name: string): boolean {
  return engine.loaded.some((loaded) => loaded.name === name)
}
