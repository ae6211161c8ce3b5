/** Routes about the nodes of the cluster, who may join it, and this node's place in it. */
import { z } from 'zod'
import type { ErrorCode } from '../../core/errors/index.ts'
import type { ClusterActions } from '../cluster.ts'
import {
  clusterReport,
  nodeList,
  nodeSummary,
  reportCluster,
  reportClusterNode,
  reportNodes,
  reportToken,
  tokenList,
  tokenReport,
} from '../cluster-report.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { named } from './schema.ts'

const nodeParams = z.strictObject({
  id: z.string().min(1).max(128).describe('id, name, or the beginning of an id'),
})

/** What every change of agreed state may meet. */
const storeErrors = [
  'OD_STATE_UNAVAILABLE',
  'OD_STATE_UNKNOWN',
  'OD_JOIN_UNKNOWN',
] as const satisfies readonly ErrorCode[]

const joinErrors = [
  'OD_JOIN_ADDRESS',
  'OD_JOIN_ANSWER',
  'OD_JOIN_EXPIRED',
  'OD_JOIN_HAS_MEMBERS',
  'OD_JOIN_NOBODY',
  'OD_JOIN_PENDING_FULL',
  'OD_JOIN_REJECTED',
  'OD_JOIN_REMOVED',
  'OD_JOIN_SELF',
  'OD_JOIN_SEVERAL',
  'OD_JOIN_TOKEN',
  'OD_JOIN_UNKNOWN',
  'OD_JOIN_UNPROVED',
  'OD_JOIN_USED',
  'OD_JOIN_VERSION',
  'OD_LINK_CONNECT_TIMEOUT',
  'OD_LINK_NAME_UNKNOWN',
  'OD_LINK_NOT_A_NODE',
  'OD_LINK_OUTCOME_UNKNOWN',
  'OD_LINK_PORT_CLOSED',
  'OD_LINK_UNREACHABLE',
  'OD_LINK_WRONG_ID',
] as const satisfies readonly ErrorCode[]

const wish = z.strictObject({
  peers: z
    .array(z.string().max(400))
    .max(16)
    .default([])
    .describe(
      'addresses of members, for example `/ip4/192.168.1.100/tcp/4001/p2p/12D3KooW…`; none: those that the local network tells of',
    ),
  token: z.string().max(200).optional(),
})

const joinAnswer = named(
  'Joined',
  z.strictObject({
    outcome: z
      .enum(['admitted', 'pending'])
      .describe('pending: someone must approve it there; this node goes on asking'),
    clockOffMs: z
      .int()
      .describe("how far this node's clock is ahead of that of the member that was asked"),
    member: z.string().describe('id of the member that was asked'),
  }),
)
const leaveAnswer = named(
  'Left',
  z.strictObject({ told: z.boolean().describe('false: the cluster could not be told') }),
)
const stopped = named('JoiningStopped', z.strictObject({ joining: z.literal(false) }))

const labelText = z
  .string()
  .max(63)
  .regex(/^[\w./-]*$/, 'letters, digits, ".", "/", "_" and "-"')
const labelBody = z.strictObject({
  labels: z
    .record(labelText.min(1), labelText)
    .describe('what is not named stays as it is; an empty value takes a label away'),
})

const day = 24 * 3_600
const tokenBody = z.strictObject({
  uses: z.int().min(1).max(1_000).default(1).describe('how many nodes may join with it'),
  ttlSeconds: z
    .int()
    .min(1)
    .max(31 * day)
    .default(3_600)
    .describe('how long it is good for'),
})

export const clusterRoutes: readonly ApiRoute[] = [
  apiRoute({
    method: 'GET',
    path: '/api/v1/nodes',
    summary: 'Every node of the cluster, this one too, and those who want to join',
    role: 'reader',
    answers: { 200: { meaning: 'the nodes, as this one sees them', schema: nodeList } },
    errors: [],
    handle: (_, { cluster }) => ({ value: reportNodes(cluster) }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/nodes/:id',
    summary: 'One node',
    role: 'reader',
    params: nodeParams,
    answers: { 200: { meaning: 'the node', schema: nodeSummary } },
    errors: ['OD_MEMBER_UNKNOWN'],
    handle: ({ params: { id } }, { cluster }) => ({ value: reportClusterNode(cluster.node(id)) }),
  }),
  changing('approve', 'Let a node in that wants to join', (cluster, id) => cluster.approve(id)),
  changing('drain', 'Send a node no new requests', (cluster, id) => cluster.setDraining(id, true)),
  changing('undrain', 'Send a node requests again', (cluster, id) =>
    cluster.setDraining(id, false),
  ),
  taking({
    method: 'POST',
    path: '/api/v1/nodes/:id/reject',
    summary: 'Turn a node away that wants to join',
    description: 'It needs a token to come back.',
    errors: [],
    act: (cluster, id) => cluster.reject(id),
  }),
  taking({
    method: 'DELETE',
    path: '/api/v1/nodes/:id',
    summary: 'Take a node out of the cluster',
    description: 'Its connections end at once. It comes back with a new token only.',
    errors: ['OD_MEMBER_SELF', 'OD_MEMBER_HOLDER'],
    act: (cluster, id) => cluster.remove(id),
  }),
  apiRoute({
    method: 'PUT',
    path: '/api/v1/nodes/:id/labels',
    summary: 'Give a node labels, or take some away',
    role: 'operator',
    params: nodeParams,
    body: labelBody,
    answers: { 200: { meaning: 'the node', schema: nodeSummary } },
    errors: ['OD_MEMBER_UNKNOWN', 'OD_MEMBER_CHANGED', ...storeErrors],
    async handle({ params: { id }, body: { labels } }, { cluster }) {
      await cluster.label(id, labels)
      return { value: reportClusterNode(cluster.node(id)) }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/cluster/status',
    summary: 'How the cluster stands: members, versions, who keeps its state',
    role: 'reader',
    answers: { 200: { meaning: 'as this node sees it', schema: clusterReport } },
    errors: [],
    handle: (_, { cluster, node }) => ({
      value: reportCluster(cluster.facts(), cluster.nodes(), node().nodeId),
    }),
  }),
  apiRoute({
    method: 'POST',
    path: '/api/v1/cluster/join',
    summary: 'Join the cluster of another node',
    description: 'Asking again is safe. This node must be alone in its own cluster.',
    role: 'operator',
    body: wish,
    answers: {
      200: { meaning: 'this node is a member now', schema: joinAnswer },
      202: { meaning: 'someone must approve it', schema: joinAnswer },
    },
    errors: joinErrors,
    async handle({ body: { peers, token } }, { cluster }) {
      const { outcome, clockOffMs, member } = await cluster.join(peers, token)
      const value = { outcome, clockOffMs: Math.round(clockOffMs), member }
      return { status: outcome === 'admitted' ? 200 : 202, value }
    },
  }),
  apiRoute({
    method: 'DELETE',
    path: '/api/v1/cluster/join',
    summary: 'Give up a wish to join that waits for approval',
    role: 'operator',
    answers: { 200: { meaning: 'this node asks no more', schema: stopped } },
    errors: [],
    handle(_, { cluster }) {
      cluster.stopJoining()
      return { value: { joining: false } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/api/v1/cluster/leave',
    summary: 'Leave the cluster',
    description: 'The node goes on alone, with its engines and models.',
    role: 'operator',
    answers: { 200: { meaning: 'it is alone now', schema: leaveAnswer } },
    errors: ['OD_LEAVE_HOLDER'],
    handle: async (_, { cluster }) => ({ value: { told: (await cluster.leave()).isTold } }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/tokens',
    summary: 'Tokens with which nodes may join, without their secrets',
    role: 'operator',
    answers: { 200: { meaning: 'the tokens', schema: tokenList } },
    errors: [],
    handle: (_, { cluster }) => ({
      value: { tokens: cluster.tokens().map((token) => reportToken(token)) },
    }),
  }),
  apiRoute({
    method: 'POST',
    path: '/api/v1/tokens',
    summary: 'Make a token with which nodes may join',
    description: 'Its text is in this answer and nowhere else.',
    role: 'operator',
    body: tokenBody,
    answers: { 201: { meaning: 'the token', schema: tokenReport } },
    errors: ['OD_TOKEN_MANY', ...storeErrors],
    async handle({ body: { uses, ttlSeconds } }, { cluster }) {
      const made = await cluster.createToken({ uses, ttlMs: ttlSeconds * 1_000 })
      return { status: 201, value: reportToken(made, made.text) }
    },
  }),
  apiRoute({
    method: 'DELETE',
    path: '/api/v1/tokens/:id',
    summary: 'Revoke a token',
    role: 'operator',
    params: z.strictObject({ id: z.string().min(1).max(64) }),
    answers: { 200: { meaning: 'the tokens that are left', schema: tokenList } },
    errors: ['OD_TOKEN_UNKNOWN', ...storeErrors],
    async handle({ params: { id } }, { cluster }) {
      await cluster.revokeToken(id)
      const tokens = cluster.tokens().filter((token) => token.id !== id)
      return { value: { tokens: tokens.map((token) => reportToken(token)) } }
    },
  }),
]

function changing(
  action: 'approve' | 'drain' | 'undrain',
  summary: string,
  act: (cluster: ClusterActions, id: string) => Promise<void>,
): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: `/api/v1/nodes/:id/${action}`,
    summary,
    role: 'operator',
    params: nodeParams,
    answers: { 200: { meaning: 'the node', schema: nodeSummary } },
    errors: ['OD_MEMBER_UNKNOWN', 'OD_MEMBER_CHANGED', ...storeErrors],
    async handle({ params: { id } }, { cluster }) {
      await act(cluster, id)
      return { value: reportClusterNode(cluster.node(id)) }
    },
  })
}

/** A route after which there is a node less. */
function taking({
  act,
  errors,
  ...row
}: Pick<ApiRoute, 'method' | 'path' | 'summary' | 'errors'> & {
  readonly description: string
  readonly act: (cluster: ClusterActions, id: string) => Promise<void>
}): ApiRoute {
  return apiRoute({
    ...row,
    role: 'operator',
    params: nodeParams,
    answers: { 200: { meaning: 'the nodes that are left', schema: nodeList } },
    errors: ['OD_MEMBER_UNKNOWN', 'OD_MEMBER_CHANGED', ...errors, ...storeErrors],
    async handle({ params: { id } }, { cluster }) {
      await act(cluster, id)
      return { value: reportNodes(cluster) }
    },
  })
}
