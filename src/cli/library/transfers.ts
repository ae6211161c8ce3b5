import type { CommandHandler } from '../command.ts'
import { openGateway } from '../gateway-client.ts'
import { showTransfer } from './show-transfer.ts'

/** `pull`: brings a model from a registry. */
export const pull: CommandHandler = transfer('/api/pull')

/** `push`: brings a model to a registry. */
export const push: CommandHandler = transfer('/api/push')

function transfer(path: string): CommandHandler {
  return async (call) => {
    const gateway = await openGateway(call)
    const isInsecure = call.options['insecure'] === true
    const body = { model: call.operands[0] ?? '', ...(isInsecure ? { insecure: true } : {}) }
    return showTransfer(call, gateway, { path, body })
  }
}
