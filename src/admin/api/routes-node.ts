/** Routes about the node as a whole. */
import { z } from 'zod'
import { eventFeed } from '../events/event-feed.ts'
import { healthReport, reportHealth } from '../health.ts'
import { integrationReport, reportIntegration } from '../integration.ts'
import { modelsReport, reportModels } from '../models.ts'
import { nodeReport, reportNode } from '../node-facts.ts'
import type { AdminSources } from '../ports.ts'
import { freshSnapshot, snapshotNow } from '../snapshot.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { named } from './schema.ts'

const healthAnswers = {
  200: { meaning: 'one engine at least can take requests', schema: healthReport },
  503: { meaning: 'none can; the body says why', schema: healthReport },
}

/** Asked for every second by machines, so it stands in what is known already. */
function answerHealth(sources: AdminSources) {
  const report = reportHealth(snapshotNow(sources))
  return { status: report.status === 'healthy' ? 200 : 503, value: report }
}

function healthRoute(path: string, summary: string): ApiRoute {
  return apiRoute({
    method: 'GET',
    path,
    summary,
    role: 'anyone',
    answers: healthAnswers,
    errors: [],
    handle: (_, sources) => answerHealth(sources),
  })
}

const alive = named('Alive', z.strictObject({ status: z.literal('alive') }))
const versionReport = named('Version', z.strictObject({ version: z.string() }))

export const nodeRoutes: readonly ApiRoute[] = [
  healthRoute('/health', 'Whether requests can be answered'),
  healthRoute('/api/v1/health', 'The same truth as /health'),
  healthRoute('/readyz', 'Whether this node should be sent requests: the same truth as /health'),
  apiRoute({
    method: 'GET',
    path: '/livez',
    summary: 'Whether this process works; says nothing about engines',
    description:
      'A supervisor that restarts what is not alive must not do so for a missing engine.',
    role: 'anyone',
    answers: { 200: { meaning: 'it does', schema: alive } },
    errors: [],
    handle: () => ({ value: { status: 'alive' } }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/version',
    summary: 'The version of this program',
    role: 'anyone',
    answers: { 200: { meaning: 'the version', schema: versionReport } },
    errors: [],
    handle: (_, { node }) => ({ value: { version: node().version } }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/integration/status',
    summary: "The node's parts and its engines",
    role: 'reader',
    answers: { 200: { meaning: 'how each one stands', schema: integrationReport } },
    errors: [],
    handle: async (_, sources) => ({ value: reportIntegration(await freshSnapshot(sources)) }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/node',
    summary: 'This machine: processor, memory, graphics processors, disks',
    description: 'Measured for this answer, which can take some seconds.',
    role: 'reader',
    answers: { 200: { meaning: 'what was measured', schema: nodeReport } },
    errors: [],
    async handle(_, { node, hardware, clock }) {
      const measured = await hardware()
      return { value: reportNode(clock.wallMs(), node(), measured) }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/models',
    summary: 'Every model, with the engines that have it',
    role: 'reader',
    answers: { 200: { meaning: 'the models, by name', schema: modelsReport } },
    errors: [],
    handle: async (_, sources) => ({ value: reportModels(await freshSnapshot(sources)) }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/events',
    summary: 'What happens on this node, as it happens',
    description:
      'Server-sent events. `Last-Event-ID` goes on after that one; where it is not kept any more, a `gap` event comes first. ' +
      'Types: `engine.changed` with the engine, its state, the reason and the address; `engine.removed` with the engine; ' +
      '`operation.changed` with the operation, its action, engine, state and step; `strategy.changed` with the new one and the ' +
      'one before; `model.healed`, `model.damaged` and `model.unreadable` with a file, what was wrong with it, the models that need ' +
      'it, and why it could not be fetched again or read. Each has its time, `at`. A comment comes every 15 s. A reader that does not read is cut.',
    role: 'reader',
    answers: { 200: { meaning: 'a stream that ends with the connection' } },
    errors: [],
    handle: ({ lastEventId }, sources) => eventFeed(sources, lastEventId),
  }),
]
