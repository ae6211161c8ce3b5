/** What the engine has: `/api/tags`, `/api/ps`, `/api/version`, and its own `/api/od/runners`. */
import { encodeGoJson } from '../../../wire/go-json/index.ts'
import {
  type PsEntry,
  psAnswer,
  tagsAnswer,
  versionAnswer,
} from '../../../wire/ollama/responses.ts'
import type { InstalledModel } from '../ports.ts'
import type { ResidentView } from '../residency/index.ts'
import type { Handler } from '../server.ts'
import type { EngineService } from '../service.ts'

export function tagsRoute(service: EngineService): Handler {
  return async ({ answer }) => {
    const { catalogue, clock, residency } = service
    const entries = (await catalogue.list()).map((model) => {
      const refusedMs = 'remote' in model ? 0 : residency.quarantinedMs(model.weightsPath)
      const refusedUntilMs = refusedMs > 0 ? clock.wallMs() + refusedMs : undefined
      return { ...model, capabilities: [], refusedUntilMs }
    })
    answer.whole(200, tagsAnswer(entries))
  }
}

export function psRoute(service: EngineService): Handler {
  return async ({ answer }) => {
    const entries = await Promise.all(
      service.residency.list().map(async (resident) => {
        const { model } = resident
        return model === undefined ? undefined : psEntry(service, model, resident)
      }),
    )
    const known = entries.filter((entry) => entry !== undefined)
    const sorted = known.toSorted((a, b) => b.expiresMs - a.expiresMs)
    answer.whole(200, psAnswer(sorted, service.clock.wallMs()))
  }
}

/** Memory is that of the runner as the system counts it, also while it loads: measured, not estimated. */
async function psEntry(
  service: EngineService,
  model: InstalledModel,
  { runner, facts, load, expiresAtMs }: ResidentView,
): Promise<PsEntry> {
  const { clock } = service
  const stats = await runner.stats().catch(() => undefined)
  return {
    name: model.name,
    digest: model.digest,
    details: model.details,
    sizeBytes: stats?.residentBytes ?? 0,
    sizeVramBytes: 0,
    expiresMs: clock.wallMs() + expiresAtMs - clock.nowMs(),
    contextLength: facts?.contextTokens ?? load.contextTokens,
  }
}

export function versionRoute(service: EngineService): Handler {
  return ({ answer }) => answer.whole(200, versionAnswer(service.version))
}

/** The runners' own counts: what they work on, what they have done. Not a part of Ollama's API. */
export function runnersRoute(service: EngineService): Handler {
  return async ({ answer }) => {
    const runners = await Promise.all(
      service.residency.list().map(async ({ runner, load }) => ({
        pid: runner.pid,
        path: load.path,
        ...(await runner.stats().catch(() => undefined)),
      })),
    )
    answer.whole(200, encodeGoJson({ runners }))
  }
}
