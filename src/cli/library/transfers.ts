import { type Call, type CommandHandler, textOption } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { openGateway } from '../gateway-client.ts'
import { showTransfer } from './show-transfer.ts'

/** Where the password of an account at a registry is read: a command line can be seen by others. */
const passwordVariable = 'OLLAMA_DISTRIBUTED_REGISTRY_PASSWORD'

/** `pull`: brings a model from a registry. */
export const pull: CommandHandler = transfer('pull', 'pulled')

/** `push`: brings a model to a registry. */
export const push: CommandHandler = transfer('push', 'pushed')

function transfer(command: 'pull' | 'push', done: string): CommandHandler {
  return async (call) => {
    const { operands, options, terminal } = call
    const [model = ''] = operands
    const isInsecure = options['insecure'] === true
    const body = { model, ...(isInsecure ? { insecure: true } : {}), ...accountOf(call, command) }
    const gateway = await openGateway(call)
    const code = await showTransfer(call, gateway, { path: `/api/${command}`, body })
    if (code === exitCodes.ok && options['json'] !== true) terminal.print(`${done} ${model}`)
    return code
  }
}

function accountOf(call: Call, command: string): { username?: string; password?: string } {
  const username = textOption(call, 'username')
  if (username === undefined) return {}
  const password = call.self.env[passwordVariable]
  if (password !== undefined) return { username, password }
  throw usageError(`the password is read from ${passwordVariable}`, `help ${command}`)
}
