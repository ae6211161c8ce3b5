/** What is done with one engine of a node: an operation of the node, followed to its end. */
import type { CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { textField } from './ndjson.ts'
import { followOperation } from './operation.ts'

const done = { start: 'started', stop: 'stopped', restart: 'restarted', remove: 'removed' } as const

/** `engines start`. */
export const enginesStart: CommandHandler = act('start')
/** `engines stop`. */
export const enginesStop: CommandHandler = act('stop')
/** `engines restart`. */
export const enginesRestart: CommandHandler = act('restart')
/** `engines remove`. */
export const enginesRemove: CommandHandler = act('remove')

function act(action: keyof typeof done): CommandHandler {
  return async (call) => {
    const { operands, options, terminal } = call
    const [engine = ''] = operands
    const gateway = await openGateway(call)
    const path = `/api/v1/instances/${encodeURIComponent(engine)}`
    const query = options['now'] === true ? '?drainMs=0' : ''
    const begun =
      action === 'remove'
        ? await gateway.delete(path + query)
        : await gateway.post(`${path}/${action}${query}`)
    if (options['wait'] === false) {
      if (!printJson(call, begun)) terminal.print(`begun, operation ${textField(begun, 'id')}`)
      return exitCodes.ok
    }
    const { operation, code } = await followOperation(call, gateway, begun)
    if (!printJson(call, operation) && code === exitCodes.ok) {
      terminal.print(`${done[action]} ${engine}`)
    }
    return code
  }
}
