import { OdError } from '../core/errors/index.ts'
import { strategies } from '../core/strategy.ts'
import type { CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { textField, textList } from './ndjson.ts'

const path = '/api/v1/routing/strategy'

/** `strategy`: how engines are chosen; with a name, from now on that way. */
export const strategy: CommandHandler = async (call) => {
  const { operands, terminal } = call
  const [name] = operands
  if (name !== undefined && !strategies.some((one) => one === name)) {
    throw new OdError('OD_STRATEGY_UNKNOWN', { name, valid: strategies.join(', ') })
  }
  const gateway = await openGateway(call)
  const answer =
    name === undefined ? await gateway.get(path) : await gateway.put(path, { strategy: name })
  if (printJson(call, answer)) return exitCodes.ok
  const used = textField(answer, 'strategy')
  const others = textList(answer, 'strategies').filter((one) => one !== used)
  terminal.print(
    name === undefined
      ? `${used} (there are also ${others.join(', ')})`
      : `${used}, until the node ends; integration.api_gateway.load_balancing in the configuration keeps it`,
  )
  return exitCodes.ok
}
