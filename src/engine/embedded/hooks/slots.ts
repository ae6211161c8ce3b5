/** `GET /api/od/slots`: what is in the memory of each model, for whoever chooses where a prompt goes. */
import { basename } from 'node:path'
import { encodeGoJson } from '../../../wire/go-json/index.ts'
import type { Handler } from '../route-table.ts'
import type { EngineService } from '../service.ts'

export function slotsRoute(service: EngineService): Handler {
  return async ({ answer }) => {
    const models = await Promise.all(
      service.residency.list().map(async ({ runner, facts, load }) => {
        const weights = weightsDigest(load.path)
        const slots = await runner.slots(weights).catch(() => undefined)
        if (facts === undefined || slots === undefined) return undefined // it loads, or is gone meanwhile
        return { weights, contextTokens: facts.contextTokens, slots }
      }),
    )
    answer.whole(200, encodeGoJson({ models: models.filter((model) => model !== undefined) }))
  }
}

/** The digest in the name of the file: names of one model's weights share what is in memory. */
export function weightsDigest(path: string): string {
  return basename(path).replace(/^sha256-/, '')
}
