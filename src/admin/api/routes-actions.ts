/** Routes that change which engines there are and whether they run. */
import { z } from 'zod'
import { nameOfRemote, readRemoteUrl } from '../../core/remote-url.ts'
import type { LongAction } from '../engine-actions.ts'
import { instanceReport, reportInstance } from '../instances.ts'
import type { OperationAction } from '../operations/machine.ts'
import { operationReport, reportOperation } from '../operations/report.ts'
import type { AdminSources } from '../ports.ts'
import { type ApiAnswer, type ApiRoute, apiRoute } from './route.ts'
import { engineParams } from './routes-engines.ts'

/** Of a new engine, because an empty one would be "none given". */
const name = z.string().min(1).max(64)

/** Folders and variables are not among it: who reaches this API shall not choose what a process of this machine runs with. */
const newEngine = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('remote'),
      url: z.string().max(300).describe('where it answers, for example `http://nas:11434`'),
      name: name.optional().describe('its host when absent'),
    }),
    z.strictObject({
      kind: z.literal('managed'),
      name,
      port: z.int().min(0).max(65_535).optional().describe('any free one when absent or 0'),
    }),
  ],
  {
    error: ({ code }) => (code === 'invalid_union' ? 'expected "remote" or "managed"' : undefined),
  },
)

const drainQuery = z.strictObject({
  drainMs: z
    .string()
    .regex(/^\d{1,6}$/, 'not a whole number from 0 to 999999')
    .default('30000')
    .transform(Number)
    .describe('how long its running answers may go on, in milliseconds, up to 999999'),
})

const begun = {
  202: { meaning: 'begun; the operation tells how it goes on', schema: operationReport },
}

export const actionRoutes: readonly ApiRoute[] = [
  apiRoute({
    method: 'POST',
    path: '/api/v1/instances',
    summary: 'Add an engine',
    description:
      'A remote one is used by its address, a managed one is started here, as the configuration has it. It is kept for the next ' +
      'start of the node. `GET /api/v1/instances/{id}` tells when it answers.',
    role: 'operator',
    body: newEngine,
    answers: { 201: { meaning: 'added, and asked whether it answers', schema: instanceReport } },
    errors: [
      'OD_ENGINE_NAME',
      'OD_ENGINE_URL',
      'OD_ENGINE_SETTING',
      'OD_ENGINE_NAME_TAKEN',
      'OD_ENGINE_PORT_TAKEN',
      'OD_ENGINE_TOO_MANY',
      'OD_ENGINE_FOLDER',
      'OD_OLLAMA_MISSING',
    ],
    async handle({ body }, { engineActions, node }) {
      const engine =
        body.kind === 'remote'
          ? { ...body, name: body.name ?? nameOfRemote(readRemoteUrl(body.url)) }
          : body
      const added = await engineActions.add(engine)
      return { status: 201, value: reportInstance(added, node().nodeId) }
    },
  }),
  apiRoute({
    method: 'DELETE',
    path: '/api/v1/instances/:id',
    summary: 'Remove an engine that was added',
    description: 'One that this node started is stopped first. Its models stay.',
    role: 'operator',
    params: engineParams,
    query: drainQuery,
    answers: begun,
    errors: ['OD_ENGINE_UNKNOWN', 'OD_ENGINE_CONFIGURED', 'OD_OPERATION_BUSY'],
    handle: ({ params: { id }, query: { drainMs } }, sources) =>
      begin(sources, 'remove', id, sources.engineActions.remove(id, drainMs)),
  }),
  apiRoute({
    method: 'POST',
    path: '/api/v1/instances/:id/start',
    summary: 'Start an engine of this node and wait until it answers',
    description: 'Given up, one that was down is stopped again.',
    role: 'operator',
    params: engineParams,
    answers: begun,
    errors: ['OD_ENGINE_UNKNOWN', 'OD_ENGINE_NOT_OURS', 'OD_OPERATION_BUSY'],
    handle: ({ params: { id } }, sources) =>
      begin(sources, 'start', id, sources.engineActions.start(id)),
  }),
  drainingRoute(
    'stop',
    'Stop an engine of this node',
    'It gets no more requests, its running answers finish, its processes end. Given up while it waits for answers, it is used ' +
      'as before; later it cannot be given up.',
  ),
  drainingRoute(
    'restart',
    'Stop an engine of this node, start it, and wait until it answers',
    'It can be given up as long as it waits for running answers.',
  ),
]

function drainingRoute(action: 'stop' | 'restart', summary: string, description: string): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: `/api/v1/instances/:id/${action}`,
    summary,
    description,
    role: 'operator',
    params: engineParams,
    query: drainQuery,
    answers: begun,
    errors: ['OD_ENGINE_UNKNOWN', 'OD_ENGINE_NOT_OURS', 'OD_OPERATION_BUSY'],
    handle: ({ params: { id }, query: { drainMs } }, sources) =>
      begin(sources, action, id, sources.engineActions[action](id, drainMs)),
  })
}

function begin(
  { operations }: AdminSources,
  action: OperationAction,
  engine: string,
  work: LongAction,
): ApiAnswer {
  return { status: 202, value: reportOperation(operations.begin(action, engine, work)) }
}
