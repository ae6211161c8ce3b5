import { z } from 'zod'
import type { EngineView } from '../core/engine.ts'
import { moment, named } from './api/schema.ts'
import { formatUtc, type Snapshot } from './node-status.ts'

export const healthStatus = z
  .enum(['healthy', 'unhealthy'])
  .describe('`healthy` as soon as one engine can take requests')

/** Body of `/health`, `/api/v1/health` and `/readyz`. */
export const healthReport = named(
  'Health',
  z.strictObject({
    status: healthStatus,
    node: z.string(),
    measuredAt: moment,
    engines: z.int(),
    usableEngines: z.int(),
    reasons: z
      .array(z.string())
      .readonly()
      .describe(
        'why engines cannot take requests, one sentence each; also listed while others can',
      ),
  }),
)
export type HealthReport = Readonly<z.infer<typeof healthReport>>

export function isUsable(engine: EngineView): boolean {
  return engine.state === 'running'
}

/** The node's health, and nothing but: the same truth at both addresses. */
export function reportHealth({ atMs, node, engines }: Snapshot): HealthReport {
  const usable = engines.filter(isUsable)
  const reasons = engines
    .filter((engine) => !isUsable(engine))
    .map(({ id, state, reason }) => `engine ${id} is ${state}: ${reason}`)
  return {
    status: usable.length > 0 ? 'healthy' : 'unhealthy',
    node: node.nodeId,
    measuredAt: formatUtc(atMs),
    engines: engines.length,
    usableEngines: usable.length,
    reasons: engines.length === 0 ? ['no engine is configured'] : reasons,
  }
}
