/** `engines add`: an Ollama elsewhere, or a further one that the node starts. */
import { type Call, type CommandHandler, textOption } from './command.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { usageError } from './failure.ts'
import { type ApiObject, type GatewayClient, openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { limits } from './limits.ts'
import { textField } from './ndjson.ts'
import { followOperation } from './operation.ts'
import { startSpinner } from './spinner.ts'

/** `engines add`. */
export const enginesAdd: CommandHandler = async (call) => {
  const { options, terminal } = call
  const engine = readNewEngine(call)
  const gateway = await openGateway(call)
  const added = await gateway.post('/api/v1/instances', engine)
  const name = textField(added, 'id')
  const path = `/api/v1/instances/${encodeURIComponent(name)}`
  const isJson = options['json'] === true
  if (!isJson) terminal.print(`added ${name} at ${textField(added, 'url')}`)
  if (options['wait'] === false) {
    printJson(call, added)
    return exitCodes.ok
  }
  const code = options['managed'] === true ? await start(call, gateway, path) : exitCodes.ok
  const instance = await firstAnswer(call, gateway, path)
  if (!printJson(call, instance) && code === exitCodes.ok) tell(call, name, instance)
  return code
}

/** The body of the request; throws `OD_CLI_USAGE`. */
function readNewEngine(call: Call): ApiObject {
  const [url] = call.operands
  const isManaged = call.options['managed'] === true
  const [name, port] = [textOption(call, 'name'), textOption(call, 'port')]
  const refuse = (problem: string) => usageError(problem, 'help engines add')
  if (isManaged === (url !== undefined)) {
    throw refuse('`engines add` takes either an address or --managed')
  }
  if (!isManaged && port !== undefined) throw refuse('the port of a remote one is in its address')
  if (!isManaged) return { kind: 'remote', url, ...(name === undefined ? {} : { name }) }
  if (name === undefined) throw refuse('--managed needs --name')
  if (port === undefined) return { kind: 'managed', name }
  if (/^\d{1,5}$/.test(port) && Number(port) <= 65_535) {
    return { kind: 'managed', name, port: Number(port) }
  }
  throw refuse(`--port takes a number from 0 to 65535, not ${JSON.stringify(port)}`)
}

/** It is on its way already; as an operation it tells when it answers, or why it does not. */
async function start(call: Call, gateway: GatewayClient, path: string): Promise<ExitCode> {
  const begun = await gateway.post(`${path}/start`)
  return (await followOperation(call, gateway, begun)).code
}

/** How it stands once it was asked, or after some seconds. */
async function firstAnswer(call: Call, gateway: GatewayClient, path: string): Promise<ApiObject> {
  const { clock } = call
  const stopSpinner = startSpinner(call, () => 'asks whether it answers')
  const untilMs = clock.nowMs() + limits.firstAnswerMs
  try {
    for (;;) {
      const instance = await gateway.get(path)
      if (textField(instance, 'state') !== 'starting' || clock.nowMs() >= untilMs) return instance
      await new Promise<void>((resolve) => {
        clock.after(limits.lookMs, resolve)
      })
    }
  } finally {
    stopSpinner()
  }
}

function tell({ terminal }: Call, name: string, instance: ApiObject): void {
  const [state, reason] = [textField(instance, 'state'), textField(instance, 'reason')]
  if (state === 'running') return terminal.print(`${name} runs: ${textField(instance, 'version')}`)
  terminal.note(
    `${name} is ${state}: ${reason}. It is asked again and used as soon as it answers; \`engines list\` shows how it stands, \`engines remove ${name}\` takes it back.`,
  )
}
