/** What the node itself asks of its engine, and no client may: see `guard.ts`. */
import type { Handler, RouteTable } from '../route-table.ts'
import type { EngineService } from '../service.ts'
import { guarded } from './guard.ts'
import { resumeRoute } from './resume.ts'
import { slotsRoute } from './slots.ts'

export { hookKeyHeader } from './guard.ts'

/** The hooks of one engine. `key`: what whoever asks has to show. */
export function hookRoutes(
  service: EngineService,
  native: Readonly<Record<'chat' | 'generate', Handler>>,
  { key }: { key: string },
): RouteTable {
  return guarded(key, {
    'POST /api/od/resume': resumeRoute(native),
    'GET /api/od/slots': slotsRoute(service),
  })
}
