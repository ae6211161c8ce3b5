import { z } from 'zod'
import type { EngineView } from '../core/engine.ts'
import { moment, named } from './api/schema.ts'
import { healthStatus, reportHealth } from './health.ts'
import { instanceReport, reportInstances } from './instances.ts'
import { componentStates, formatUtc, type Snapshot } from './node-status.ts'

const component = named(
  'Component',
  z.strictObject({
    name: z.string(),
    state: z.enum(componentStates),
    since: moment,
    reason: z.string(),
    lastError: z.string().optional().describe('the newest failure, also after it is over'),
  }),
)

/** Body of `/api/v1/integration/status`: the node's parts and its engines. */
export const integrationReport = named(
  'Integration',
  z.strictObject({
    node: z.string().describe('its id'),
    name: z.string(),
    version: z.string(),
    status: healthStatus,
    measuredAt: moment,
    startedAt: moment,
    uptimeSeconds: z.int(),
    addresses: z.array(z.url()).readonly(),
    components: z.array(component).readonly(),
    instances: z.array(instanceReport).readonly(),
  }),
)
type IntegrationReport = Readonly<z.infer<typeof integrationReport>>

export function reportIntegration(snapshot: Snapshot): IntegrationReport {
  const { atMs, node } = snapshot
  return {
    node: node.nodeId,
    name: node.name,
    version: node.version,
    status: reportHealth(snapshot).status,
    measuredAt: formatUtc(atMs),
    startedAt: formatUtc(node.startedAtMs),
    uptimeSeconds: Math.max(0, Math.floor((atMs - node.startedAtMs) / 1000)),
    addresses: node.addresses,
    components: node.components.map(({ name, state, sinceMs, reason, lastError }) => ({
      name,
      state,
      since: formatUtc(sinceMs),
      reason,
      ...(lastError === undefined ? {} : { lastError }),
    })),
    instances: reportInstances({ ...snapshot, engines: snapshot.engines.filter(isOwn) }).instances,
  }
}

function isOwn({ node }: EngineView): boolean {
  return node === undefined
}
