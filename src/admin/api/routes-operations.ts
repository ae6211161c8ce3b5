/** Routes about long actions, and about how engines are chosen. */
import { z } from 'zod'
import { strategies } from '../../core/strategy.ts'
import {
  operationFeed,
  operationReport,
  operationsReport,
  reportOperation,
} from '../operations/report.ts'
import type { AdminSources } from '../ports.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { named } from './schema.ts'

const params = z.strictObject({ id: z.string().min(1).max(64).describe('id of an operation') })

const strategyReport = named(
  'Strategy',
  z.strictObject({
    strategy: z.enum(strategies).describe('the one in use'),
    strategies: z.array(z.enum(strategies)).readonly().describe('all that there are'),
  }),
)

export const operationRoutes: readonly ApiRoute[] = [
  apiRoute({
    method: 'GET',
    path: '/api/v1/operations',
    summary: 'Long actions: those that run, and the newest that are over',
    role: 'reader',
    answers: { 200: { meaning: 'the operations', schema: operationsReport } },
    errors: [],
    handle: (_, { operations }) => ({
      value: { operations: operations.list().map(reportOperation) },
    }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/operations/:id',
    summary: 'One operation',
    role: 'reader',
    params,
    answers: { 200: { meaning: 'how it stands', schema: operationReport } },
    errors: ['OD_OPERATION_UNKNOWN'],
    handle: ({ params: { id } }, { operations }) => ({
      value: reportOperation(operations.get(id)),
    }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/operations/:id/events',
    summary: 'How an operation goes on, as it happens',
    description:
      'Server-sent events of the type `operation`, whose data is the operation as `GET` gives it: one at once, one for each ' +
      'change. The stream ends with the operation.',
    role: 'reader',
    params,
    answers: { 200: { meaning: 'a stream' } },
    errors: ['OD_OPERATION_UNKNOWN'],
    handle: ({ params: { id } }, sources) => operationFeed(sources, sources.operations.get(id)),
  }),
  apiRoute({
    method: 'DELETE',
    path: '/api/v1/operations/:id',
    summary: 'Give an operation up',
    description:
      'What that leads to stands at each action. Where something could not be undone any more, it is refused, and the operation goes on.',
    role: 'operator',
    params,
    answers: {
      202: {
        meaning: 'it is being given up; its end tells what came of it',
        schema: operationReport,
      },
    },
    errors: ['OD_OPERATION_UNKNOWN', 'OD_OPERATION_OVER', 'OD_OPERATION_FIRM'],
    handle: ({ params: { id } }, { operations }) => ({
      status: 202,
      value: reportOperation(operations.cancel(id)),
    }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/routing/strategy',
    summary: 'How an engine is chosen for a request',
    role: 'reader',
    answers: { 200: { meaning: 'the strategy in use', schema: strategyReport } },
    errors: [],
    handle: (_, sources) => ({ value: reportStrategy(sources) }),
  }),
  apiRoute({
    method: 'PUT',
    path: '/api/v1/routing/strategy',
    summary: 'Choose engines in another way, from the next request on',
    description:
      'Until the node ends; `integration.api_gateway.load_balancing` says with which one it starts. A change is an event.',
    role: 'operator',
    body: z.strictObject({ strategy: z.string().max(64).describe(strategies.join(', ')) }),
    answers: { 200: { meaning: 'the strategy in use from now on', schema: strategyReport } },
    errors: ['OD_STRATEGY_UNKNOWN'],
    handle({ body: { strategy } }, sources) {
      const before = sources.strategy.now()
      sources.strategy.use(strategy)
      if (strategy !== before) sources.events.add('strategy.changed', { strategy, before })
      return { value: reportStrategy(sources) }
    },
  }),
]

function reportStrategy({ strategy }: AdminSources): z.infer<typeof strategyReport> {
  return { strategy: strategy.now(), strategies }
}
