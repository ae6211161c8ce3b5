import { type HealthReport, reportHealth } from './health.ts'
import { type InstanceReport, reportInstances } from './instances.ts'
import { type ComponentStatus, formatUtc, type Snapshot } from './node-status.ts'

/** Body of `/api/v1/integration/status`: the node's parts and its engines. */
export interface IntegrationReport {
  readonly node: string
  readonly version: string
  readonly status: HealthReport['status']
  readonly measuredAt: string
  readonly startedAt: string
  readonly uptimeSeconds: number
  readonly addresses: readonly string[]
  readonly components: readonly (Pick<ComponentStatus, 'name' | 'state' | 'reason'> & {
    readonly since: string
  })[]
  readonly instances: readonly InstanceReport[]
}

export function reportIntegration(snapshot: Snapshot): IntegrationReport {
  const { atMs, node } = snapshot
  return {
    node: node.nodeId,
    version: node.version,
    status: reportHealth(snapshot).status,
    measuredAt: formatUtc(atMs),
    startedAt: formatUtc(node.startedAtMs),
    uptimeSeconds: Math.max(0, Math.floor((atMs - node.startedAtMs) / 1000)),
    addresses: node.addresses,
    components: node.components.map(({ name, state, sinceMs, reason }) => ({
      name,
      state,
      since: formatUtc(sinceMs),
      reason,
    })),
    instances: reportInstances(snapshot).instances,
  }
}
