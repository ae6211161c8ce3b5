import type { EngineView } from '../core/engine.ts'
import { formatUtc, type Snapshot } from './node-status.ts'

/** Body of `/health` and `/api/v1/health`. */
export interface HealthReport {
  /** `healthy` as soon as one engine can take requests. */
  readonly status: 'healthy' | 'unhealthy'
  readonly node: string
  readonly measuredAt: string
  readonly engines: number
  readonly usableEngines: number
  /** Why engines cannot take requests, one sentence each; also listed while others can. */
  readonly reasons: readonly string[]
}

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
