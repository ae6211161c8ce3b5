import type { CommandHandler } from './command.ts'
import { streamEvents } from './event-stream.ts'
import { exitCodes } from './exit-codes.ts'
import { findGateway } from './find-gateway.ts'
import type { ApiObject } from './gateway-client.ts'
import { textField } from './ndjson.ts'
import { withoutControls } from './terminal.ts'

/** `events`: what happens on the node, until it stops or Ctrl-C. With `--json`, one object to a line. */
export const events: CommandHandler = async (call) => {
  const { terminal, options, self } = call
  for await (const { type, data } of streamEvents(await findGateway(call), '/api/v1/events')) {
    if (self.outputClosed.aborted) break
    terminal.print(
      options['json'] === true ? JSON.stringify({ type, ...data }) : lineOf(type, data),
    )
  }
  return exitCodes.ok
}

/** `2026-01-01T00:00:00.000Z engine.changed engine=local state=running …`. */
function lineOf(type: string, data: ApiObject): string {
  const facts = Object.entries(data).filter(([name]) => name !== 'at')
  const words = facts.map(([name, value]) => `${name}=${wordOf(value)}`)
  return withoutControls([textField(data, 'at') || '-', type, ...words].join(' '))
}

function wordOf(value: unknown): string {
  return typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value)
}
