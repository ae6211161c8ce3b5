import { z } from 'zod'
import type { Clock } from '../../sys/clock.ts'
import type { ApiFeed } from '../api/route.ts'
import { failure, moment, named } from '../api/schema.ts'
import { sseText, startHeartbeat } from '../events/event-feed.ts'
import { formatUtc } from '../node-status.ts'
import { type Operation, operationActions, operationStates } from './machine.ts'
import type { Operations } from './operations.ts'

/** One long action. */
export const operationReport = named(
  'Operation',
  z.strictObject({
    id: z.string(),
    action: z.enum(operationActions),
    engine: z.string(),
    state: z.enum(operationStates),
    step: z.string().describe('what it does now or did last'),
    canCancel: z.boolean().describe('whether `DELETE` has an effect now'),
    startedAt: moment,
    endedAt: moment.optional().describe('absent while it runs'),
    error: failure.readonly().optional().describe('why it failed'),
  }),
)

/** Body of `/api/v1/operations`. */
export const operationsReport = named(
  'Operations',
  z.strictObject({
    operations: z
      .array(operationReport)
      .readonly()
      .describe('those that run and the newest 100 of those that are over, oldest first'),
  }),
)

export function reportOperation(operation: Operation): z.infer<typeof operationReport> {
  const { startedMs, endedMs, ...rest } = operation
  return {
    ...rest,
    startedAt: formatUtc(startedMs),
    ...(endedMs === undefined ? {} : { endedAt: formatUtc(endedMs) }),
  }
}

/** How one operation goes on: how it stands, then every change; the stream ends with the operation. */
export function operationFeed(
  { operations, clock }: { operations: Operations; clock: Clock },
  asked: Operation,
): ApiFeed {
  const { id } = asked
  return {
    begin(send, end) {
      const beats = startHeartbeat(send, clock)
      const tell = (operation: Operation) => {
        if (operation.id !== id) return
        send(sseText({ event: 'operation', data: reportOperation(operation) }))
        if (operation.state !== 'running') end()
      }
      const stop = operations.listen(tell)
      tell(operations.list().find((one) => one.id === id) ?? asked)
      return () => {
        beats()
        stop()
      }
    },
  }
}
