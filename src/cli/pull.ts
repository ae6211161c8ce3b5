import { type Call, type CommandHandler, textOption } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { usageError } from './failure.ts'
import { type ApiObject, openGateway } from './gateway-client.ts'
import { textField } from './ndjson.ts'
import { withoutControls } from './terminal.ts'
import { TransferLine } from './transfer-line.ts'

const clearLine = '\r\u001b[K'

/** Where the password of an account at a registry is read: a command line can be seen by others. */
const passwordVariable = 'OLLAMA_DISTRIBUTED_REGISTRY_PASSWORD'

/** `pull`: has a node fetch a model. Ctrl-C ends it; the next pull goes on where it was. */
export const pull: CommandHandler = async (call) => {
  const { operands, options, self, terminal } = call
  const [model = ''] = operands
  const body = { model, insecure: options['insecure'] === true, ...accountOf(call) }
  const gateway = await openGateway(call)
  const left = new AbortController()
  const giveBack = self.onSignal(['SIGINT'], () => left.abort())
  const show = options['json'] === true ? jsonLines(call) : movingLine(call)
  try {
    for await (const object of gateway.stream('/api/pull', body, left.signal)) show.object(object)
  } finally {
    giveBack()
    show.end()
  }
  if (left.signal.aborted) return exitCodes.interrupted
  if (options['json'] !== true) terminal.print(`pulled ${model}`)
  return exitCodes.ok
}

function accountOf(call: Call): { username?: string; password?: string } {
  const username = textOption(call, 'username')
  if (username === undefined) return {}
  const password = call.self.env[passwordVariable]
  if (password !== undefined) return { username, password }
  throw usageError(`the password is read from ${passwordVariable}`, 'help pull')
}

interface Shown {
  object(object: ApiObject): void
  end(): void
}

function jsonLines({ terminal }: Call): Shown {
  return { object: (object) => terminal.print(JSON.stringify(object)), end: () => undefined }
}

/** On a terminal one line that moves, and stays behind for each blob that is here; nothing in a pipe. */
function movingLine({ self, terminal, clock }: Call): Shown {
  const { errors } = self
  const isShown = terminal.isFancy && errors.isTTY
  const line = new TransferLine()
  let digest = ''
  let hasText = false
  return {
    object(object) {
      if (!isShown) return
      const next = textField(object, 'digest')
      if (digest !== '' && next !== digest) errors.write('\n')
      digest = next
      const text = withoutControls(line.textOf(object, clock.nowMs()))
      errors.write(clearLine + text.slice(0, Math.max(1, (errors.columns || 80) - 1)))
      hasText = true
    },
    end() {
      if (hasText) errors.write(digest === '' ? clearLine : '\n')
    },
  }
}
