import type { CommandHandler } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { openGateway } from '../gateway-client.ts'

/** `cp`: gives a model a second name. */
export const copy: CommandHandler = async (call) => {
  const [source = '', destination = ''] = call.operands
  const gateway = await openGateway(call)
  await gateway.post('/api/copy', { source, destination })
  call.terminal.print(`copied '${source}' to '${destination}'`)
  return exitCodes.ok
}

/** `rm`: removes models, one after the other; the first that cannot be removed ends it. */
export const remove: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  for (const model of call.operands.join(' ').split(' ')) {
    await gateway.delete('/api/delete', { model })
    call.terminal.print(`deleted '${model}'`)
  }
  return exitCodes.ok
}
