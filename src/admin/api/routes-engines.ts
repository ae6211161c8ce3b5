/** Routes about single engines, which the integration guide calls instances. */
import { z } from 'zod'
import { OdError } from '../../core/errors/index.ts'
import { sseText, startHeartbeat } from '../events/event-feed.ts'
import { instanceReport, instancesReport, reportInstance, reportInstances } from '../instances.ts'
import type { AdminSources, EngineLog } from '../ports.ts'
import { freshSnapshot } from '../snapshot.ts'
import { type ApiFeed, type ApiRoute, apiRoute } from './route.ts'
import { named } from './schema.ts'

export const engineParams: z.ZodObject<{ id: z.ZodString }> = z.strictObject({
  id: z
    .string()
    .max(128)
    .regex(
      /^[^@]{1,64}(@.{1,63})?$/,
      'a name of at most 64 letters, for one of another node with @ and its id',
    )
    .describe('name of an engine; of another node `name@node`'),
})

const logQuery = z.strictObject({
  lines: z.coerce
    .number()
    .pipe(z.int().min(1).max(10_000))
    .default(100)
    .describe('how many of the newest lines'),
  follow: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true streams further lines as server-sent events'),
})

const logReport = named(
  'EngineLog',
  z.strictObject({ lines: z.array(z.string()).readonly().describe('oldest first') }),
)

export const engineRoutes: readonly ApiRoute[] = [
  apiRoute({
    method: 'GET',
    path: '/api/v1/instances',
    summary: 'The engines of all nodes',
    role: 'reader',
    answers: { 200: { meaning: 'one entry per engine', schema: instancesReport } },
    errors: [],
    handle: async (_, sources) => ({ value: reportInstances(await freshSnapshot(sources)) }),
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/instances/:id',
    summary: 'One engine',
    role: 'reader',
    params: engineParams,
    answers: { 200: { meaning: 'how it stands', schema: instanceReport } },
    errors: ['OD_ENGINE_UNKNOWN'],
    async handle({ params: { id } }, sources) {
      const { engines, node } = await freshSnapshot(sources)
      const engine = engines.find((one) => one.id === id)
      if (engine === undefined) throw unknownEngine(id, sources)
      return { value: reportInstance(engine, node.nodeId) }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/api/v1/instances/:id/logs',
    summary: 'What an engine wrote to its log',
    description:
      'With `follow=true` the same lines and all further ones as server-sent events of the type `line`, whose data is `{"line":…}`.',
    role: 'operator',
    params: engineParams,
    query: logQuery,
    answers: { 200: { meaning: 'its newest lines', schema: logReport } },
    errors: ['OD_ENGINE_UNKNOWN', 'OD_ENGINE_LOG_ELSEWHERE'],
    async handle({ params: { id }, query: { lines, follow } }, sources) {
      if (!sources.engines().some((one) => one.id === id)) throw unknownEngine(id, sources)
      const log = sources.engineLog(id)
      if (log === undefined) throw new OdError('OD_ENGINE_LOG_ELSEWHERE', { engine: id })
      const tail = await log.tail(lines)
      return follow === 'true' ? logFeed(log, tail, sources) : { value: { lines: tail } }
    },
  }),
]

function logFeed(log: EngineLog, tail: readonly string[], { clock }: AdminSources): ApiFeed {
  return {
    begin(send) {
      const sendLine = (line: string) => send(sseText({ event: 'line', data: { line } }))
      const beats = startHeartbeat(send, clock)
      for (const line of tail) sendLine(line)
      const stop = log.follow(sendLine)
      return () => {
        beats()
        stop()
      }
    },
  }
}

function unknownEngine(engine: string, { engines }: AdminSources): OdError {
  const known = engines().map(({ id }) => id)
  return new OdError('OD_ENGINE_UNKNOWN', { engine, engines: known.join(', ') || 'none' })
}
