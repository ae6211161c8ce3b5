/** The engines of a node: a list, and what each wrote to its log. */
import { type Call, type CommandHandler, textOption } from './command.ts'
import { streamEvents } from './event-stream.ts'
import { exitCodes } from './exit-codes.ts'
import { usageError } from './failure.ts'
import { openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { objectList, textField, textList } from './ndjson.ts'
import { engineText, readNodeNames } from './node-names.ts'
import { engineTable } from './status.ts'
import { withoutControls } from './terminal.ts'

/** `engines list`. */
export const enginesList: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  const answer = await gateway.get('/api/v1/instances')
  if (!printJson(call, answer)) {
    const names = await readNodeNames(gateway)
    const instances = objectList(answer, 'instances').map((engine) => ({
      ...engine,
      id: engineText(textField(engine, 'id'), names),
    }))
    call.terminal.print(engineTable(instances, call.clock.wallMs()))
  }
  return exitCodes.ok
}

/** `engines logs`: with `--follow` until the node stops or Ctrl-C. */
export const enginesLogs: CommandHandler = async (call) => {
  const { operands, options, terminal, self } = call
  const gateway = await openGateway(call)
  const engine = encodeURIComponent(operands[0] ?? '')
  const path = `/api/v1/instances/${engine}/logs?lines=${linesOf(call)}`
  if (options['follow'] !== true) {
    const lines = textList(await gateway.get(path), 'lines')
    for (const line of lines) terminal.print(withoutControls(line))
    return exitCodes.ok
  }
  for await (const { data } of streamEvents(gateway, `${path}&follow=true`)) {
    if (self.outputClosed.aborted) break
    terminal.print(withoutControls(textField(data, 'line')))
  }
  return exitCodes.ok
}

function linesOf(call: Call): string {
  const text = textOption(call, 'lines') ?? '100'
  if (/^[1-9]\d{0,3}$|^10000$/.test(text)) return text
  throw usageError(
    `--lines takes a number from 1 to 10000, not ${JSON.stringify(text)}`,
    'help engines logs',
  )
}
