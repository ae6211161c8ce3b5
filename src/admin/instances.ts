import type { EngineKind, EngineState, EngineView } from '../core/engine.ts'
import { formatUtc, type Snapshot } from './node-status.ts'

/** One engine; the integration guide calls it an instance. What was not measured is absent. */
export interface InstanceReport {
  readonly id: string
  readonly node: string
  readonly url: string
  readonly kind: EngineKind
  /** True when this node started it and will stop it. */
  readonly managed: boolean
  readonly state: EngineState
  readonly since: string
  readonly reason: string
  readonly pid?: number
  readonly version?: string
  /** Names as the engine's own `/api/ps` gives them. */
  readonly loadedModels: readonly string[]
  readonly activeRequests: number
  /** Requests that wait at the node for a place in it. */
  readonly queuedRequests?: number
  readonly lastProbe?: { readonly at: string; readonly ok: boolean; readonly durationMs: number }
}

/** Body of `/api/v1/instances`. */
export interface InstancesReport {
  readonly measuredAt: string
  readonly instances: readonly InstanceReport[]
}

export function reportInstances({ atMs, node, engines }: Snapshot): InstancesReport {
  return {
    measuredAt: formatUtc(atMs),
    instances: engines.map((engine) => reportInstance(engine, node.nodeId)),
  }
}

function reportInstance(engine: EngineView, nodeId: string): InstanceReport {
  const { id, url, kind, managed, state, sinceMs, reason, pid, version, lastProbe } = engine
  return {
    id,
    node: nodeId,
    url,
    kind,
    managed,
    state,
    since: formatUtc(sinceMs),
    reason,
    ...(pid === undefined ? {} : { pid }),
    ...(version === undefined ? {} : { version }),
    loadedModels: engine.loaded.map(({ name }) => name),
    activeRequests: engine.activeRequests,
    ...(engine.queuedRequests === undefined ? {} : { queuedRequests: engine.queuedRequests }),
    ...(lastProbe === undefined
      ? {}
      : {
          lastProbe: {
            at: formatUtc(lastProbe.atMs),
            ok: lastProbe.ok,
            durationMs: lastProbe.durationMs,
          },
        }),
  }
}
