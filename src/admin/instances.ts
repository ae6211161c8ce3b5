import { z } from 'zod'
import { type EngineView, engineKinds, engineStates } from '../core/engine.ts'
import { moment, named } from './api/schema.ts'
import { formatUtc, type Snapshot } from './node-status.ts'

/** One engine; the integration guide calls it an instance. What was not measured is absent. */
export const instanceReport = named(
  'Instance',
  z.strictObject({
    id: z.string(),
    node: z.string(),
    url: z.url(),
    kind: z.enum(engineKinds),
    managed: z.boolean().describe('true when this node started it and will stop it'),
    state: z.enum(engineStates),
    since: moment,
    reason: z.string(),
    pid: z.int().optional(),
    version: z.string().optional(),
    loadedModels: z.array(z.string()).readonly().describe("as the engine's own /api/ps gives them"),
    activeRequests: z.int(),
    queuedRequests: z.int().optional().describe('requests that wait at the node for a place in it'),
    lastProbe: z
      .strictObject({ at: moment, ok: z.boolean(), durationMs: z.number() })
      .readonly()
      .optional(),
  }),
)
export type InstanceReport = Readonly<z.infer<typeof instanceReport>>

/** Body of `/api/v1/instances`. */
export const instancesReport = named(
  'Instances',
  z.strictObject({ measuredAt: moment, instances: z.array(instanceReport).readonly() }),
)
export type InstancesReport = Readonly<z.infer<typeof instancesReport>>

export function reportInstances({ atMs, node, engines }: Snapshot): InstancesReport {
  return {
    measuredAt: formatUtc(atMs),
    instances: engines.map((engine) => reportInstance(engine, node.nodeId)),
  }
}

/** One engine as its node reports it. */
export function reportInstance(engine: EngineView, nodeId: string): InstanceReport {
  const { id, url, kind, managed, state, sinceMs, reason, pid, version, lastProbe } = engine
  return {
    id,
    node: engine.node ?? nodeId,
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
