/** A long action of a node, followed to its end. */
import { OdError } from '../core/errors/index.ts'
import { advisedError } from './answer-error.ts'
import type { Call } from './command.ts'
import { streamEvents } from './event-stream.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { asOdError } from './failure.ts'
import type { ApiObject, GatewayClient } from './gateway-client.ts'
import { objectField, textField } from './ndjson.ts'
import { startSpinner } from './spinner.ts'
import { withoutControls } from './terminal.ts'

/** The operation as it ended, or as it went on when the person left. */
interface Followed {
  readonly operation: ApiObject
  readonly code: ExitCode
}

/**
 * Shows each step on a terminal until the end. Ctrl-C asks the node to give it up, once more leaves it to the node. Throws
 * what made it fail, and `OD_CLI_CANCELLED` when somebody else gave it up.
 */
export async function followOperation(
  call: Call,
  gateway: GatewayClient,
  begun: ApiObject,
): Promise<Followed> {
  const { self, terminal } = call
  const id = textField(begun, 'id')
  const path = `/api/v1/operations/${encodeURIComponent(id)}`
  const leaving = Promise.withResolvers<void>()
  let newest = begun
  let presses = 0
  const stopSpinner = startSpinner(call, () => withoutControls(textField(newest, 'step')))
  const giveBack = self.onSignal(['SIGINT'], () => {
    presses++
    if (presses > 1) return leaving.resolve()
    gateway.delete(path).catch((error: unknown) => {
      terminal.note(`${asOdError(error).message}; Ctrl-C once more leaves it to the node`)
    })
  })
  const follow = async () => {
    for await (const { data } of streamEvents(gateway, `${path}/events`)) newest = data
  }
  try {
    await Promise.race([follow(), leaving.promise])
  } finally {
    stopSpinner()
    giveBack()
  }
  return { operation: newest, code: codeOf(newest, { url: gateway.url, presses }) }
}

function codeOf(operation: ApiObject, of: { url: string; presses: number }): ExitCode {
  const state = textField(operation, 'state')
  if (state === 'succeeded') return exitCodes.ok
  if (state === 'failed') {
    const error = objectField(operation, 'error')
    throw advisedError(textField(error, 'error'), textField(error, 'remedy'))
  }
  if (of.presses > 0) return exitCodes.interrupted
  if (state === 'running') throw new OdError('OD_CLI_ANSWER_CUT', { url: of.url })
  const [id, engine] = [textField(operation, 'id'), textField(operation, 'engine')]
  throw new OdError('OD_CLI_CANCELLED', { operation: id, engine })
}
