/** What the node itself asks of its engine, and no client may: see `guard.ts`. */
import type { Handler, RouteTable } from '../route-table.ts'
import type { EngineService } from '../service.ts'
import { guarded } from './guard.ts'
import { resumeRoute } from './resume.ts'
import { loadSequenceRoute, saveSequenceRoute } from './sequences.ts'
import { slotsRoute } from './slots.ts'

export { dropUnfinished } from './sequences.ts'

/** The hooks of one engine. `key`: what whoever asks has to show; `sequenceDir`: where sequences are saved. */
export function hookRoutes(
  service: EngineService,
  native: Readonly<Record<'chat' | 'generate', Handler>>,
  { key, sequenceDir }: { key: string; sequenceDir: string },
): RouteTable {
  return guarded(key, {
    'POST /api/od/resume': resumeRoute(native),
    'GET /api/od/slots': slotsRoute(service),
    'POST /api/od/sequences/save': saveSequenceRoute(service, sequenceDir),
    'POST /api/od/sequences/load': loadSequenceRoute(service, sequenceDir),
  })
}
