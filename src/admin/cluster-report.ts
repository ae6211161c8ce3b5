/** The cluster as the management API shows it. */
import { z } from 'zod'
import { roles } from '../core/role.ts'
import { bytes, moment, named } from './api/schema.ts'
import {
  type ClusterActions,
  type ClusterFacts,
  type NodeFacts,
  nodeStates,
  type TokenFacts,
} from './cluster.ts'
import { formatUtc } from './node-status.ts'

const labelMap = z.record(z.string(), z.string()).readonly()

export const nodeSummary = named(
  'ClusterNode',
  z.strictObject({
    id: z.string().describe('its PeerId'),
    name: z.string(),
    self: z.boolean().describe('true for the node that answers'),
    role: z.enum(roles),
    state: z.enum(nodeStates),
    draining: z.boolean(),
    labels: labelMap,
    addresses: z
      .array(z.string())
      .readonly()
      .describe('where it listens for links, as multiaddresses'),
    version: z.string().optional(),
    gateway: z.string().optional(),
    startedAt: moment.optional(),
    lastHeard: moment.optional().describe("by the answering node's clock"),
    joinedAt: moment.optional(),
    capacity: z
      .strictObject({
        cores: z.int(),
        memoryBytes: bytes,
        gpus: z.int(),
        diskFreeBytes: bytes.optional(),
      })
      .readonly()
      .optional()
      .describe('as the node measured it'),
    engines: z
      .array(
        z
          .strictObject({
            id: z.string(),
            kind: z.string(),
            state: z.string(),
            version: z.string().optional().describe("the version of Ollama's API that it has"),
            models: z.array(z.string()).readonly(),
            loaded: z.array(z.string()).readonly(),
          })
          .readonly(),
      )
      .readonly()
      .optional(),
  }),
)

export function reportClusterNode(node: NodeFacts): z.infer<typeof nodeSummary> {
  const { id, name, role, state, labels, addresses } = node
  const { startedMs, heardMs, joinedMs, version, gateway, capacity, engines } = node
  return {
    id,
    name,
    self: node.isSelf,
    role,
    state,
    draining: node.isDraining,
    labels,
    addresses,
    ...(version === undefined ? {} : { version }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(startedMs === undefined ? {} : { startedAt: formatUtc(startedMs) }),
    ...(heardMs === undefined ? {} : { lastHeard: formatUtc(heardMs) }),
    ...(joinedMs === undefined ? {} : { joinedAt: formatUtc(joinedMs) }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(engines === undefined
      ? {}
      : {
          engines: engines.map(
            ({ id: engine, kind, state: its, version: api, models, loaded }) => ({
              id: engine,
              kind,
              state: its,
              ...(api === undefined ? {} : { version: api }),
              models,
              loaded,
            }),
          ),
        }),
  }
}

export const nodeList = named(
  'ClusterNodes',
  z.strictObject({
    nodes: z.array(nodeSummary).readonly(),
    nearby: z
      .array(
        z.strictObject({
          id: z.string(),
          name: z.string(),
          addresses: z.array(z.string()).readonly(),
        }),
      )
      .readonly()
      .describe(
        'nodes of other clusters that the local network tells of; they have proved nothing',
      ),
  }),
)

export function reportNodes(cluster: ClusterActions): z.infer<typeof nodeList> {
  return { nodes: cluster.nodes().map(reportClusterNode), nearby: cluster.nearby() }
}

export const clusterReport = named(
  'ClusterStatus',
  z.strictObject({
    cluster: z.string().describe('its id'),
    node: z.string().describe('the id of the node that answers'),
    members: z.record(z.enum(nodeStates), z.int()).describe('how many nodes are in each state'),
    versions: z.record(z.string(), z.int()).describe('how many members run each version'),
    engineVersions: z
      .record(z.string(), z.int())
      .describe(
        "how many engines that run have each version of Ollama's API; the lowest is what /api/version says",
      ),
    store: z
      .strictObject({
        holder: z.string().describe('the node that keeps the state of the cluster'),
        reached: z.boolean(),
        ageMs: z
          .int()
          .optional()
          .describe('how old what this node knows of it is; absent when it never saw it'),
        replaced: z.boolean().describe('it has lost what this node has seen, and is not followed'),
      })
      .readonly(),
    refused: z.boolean().describe('a member does not take this node for one any more'),
    joining: z
      .strictObject({ node: z.string(), since: moment, error: z.string().optional() })
      .readonly()
      .optional()
      .describe('a wish to join that waits for approval there'),
    joinAddresses: z.array(z.string()).readonly().describe('for `join --peer`'),
  }),
)

/** The store says every two seconds how it is; older than this it is out of reach. */
const reachedMs = 6_000

export function reportCluster(
  facts: ClusterFacts,
  nodes: readonly NodeFacts[],
  self: string,
): z.infer<typeof clusterReport> {
  const { copyAgeMs: ageMs, joining } = facts
  const count = <Key extends string>(names: readonly Key[]) =>
    Object.fromEntries(
      [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]),
    )
  return {
    cluster: facts.clusterId,
    node: self,
    members: {
      ...Object.fromEntries(nodeStates.map((state) => [state, 0])),
      ...count(nodes.map(({ state }) => state)),
    } as Record<(typeof nodeStates)[number], number>,
    versions: count(
      nodes.flatMap(({ version, state }) =>
        version === undefined || state === 'waiting' ? [] : [version],
      ),
    ),
    engineVersions: count(
      nodes.flatMap(({ engines = [] }) =>
        engines.flatMap(({ version, state }) =>
          version === undefined || state !== 'running' ? [] : [version],
        ),
      ),
    ),
    store: {
      holder: facts.holder,
      reached: facts.isHolder || (ageMs !== undefined && ageMs < reachedMs),
      ...(ageMs === undefined ? {} : { ageMs: Math.round(ageMs) }),
      replaced: facts.isStoreReplaced,
    },
    refused: facts.isRefused,
    ...(joining === undefined
      ? {}
      : {
          joining: {
            node: joining.node,
            since: formatUtc(joining.sinceMs),
            ...(joining.error === undefined ? {} : { error: joining.error }),
          },
        }),
    joinAddresses: facts.joinAddresses,
  }
}

export const tokenReport = named(
  'Token',
  z.strictObject({
    id: z.string(),
    usesLeft: z.int(),
    createdAt: moment,
    expiresAt: moment,
    token: z.string().optional().describe('the secret text, only in the answer that made it'),
  }),
)

export const tokenList = named(
  'Tokens',
  z.strictObject({ tokens: z.array(tokenReport).readonly() }),
)

export function reportToken(
  { id, usesLeft, createdMs, expiresMs }: TokenFacts,
  text?: string,
): z.infer<typeof tokenReport> {
  const [createdAt, expiresAt] = [formatUtc(createdMs), formatUtc(expiresMs)]
  return { id, usesLeft, createdAt, expiresAt, ...(text === undefined ? {} : { token: text }) }
}
