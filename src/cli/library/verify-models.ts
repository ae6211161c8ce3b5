import type { CommandHandler } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { openGateway } from '../gateway-client.ts'
import { printJson } from '../json-output.ts'
import { textField } from '../ndjson.ts'
import { followOperation } from '../operation.ts'

/** `models verify`: an operation of the node, followed to its end. */
export const verifyModels: CommandHandler = async (call) => {
  const { operands, terminal } = call
  const [model] = operands
  const gateway = await openGateway(call)
  const begun = await gateway.post('/api/v1/models/verify', model === undefined ? {} : { model })
  const { operation, code } = await followOperation(call, gateway, begun)
  if (!printJson(call, operation) && code === exitCodes.ok) {
    terminal.print(textField(operation, 'step'))
  }
  return code
}
