import { isOdError } from '../core/errors/index.ts'
import type { Call, CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { textField } from './ndjson.ts'

/** What answers at the gateway's address. */
interface ServerVersion {
  readonly url: string
  /** Level of Ollama's API. */
  readonly api: string
  /** Version of the node; absent when it is an Ollama. */
  readonly node?: string
}

/** `version`: of this program and of what it talks to. That nothing runs is no failure: it is said. */
export const version: CommandHandler = async (call) => {
  const { terminal, version: client, commandName } = call
  const server = await readVersion(call).catch((error: unknown) => {
    if (isOdError(error) && absence.has(error.code)) return error
    throw error
  })
  const isAbsent = isOdError(server)
  if (printJson(call, { client, server: isAbsent ? null : server })) return exitCodes.ok
  terminal.print(`${commandName} ${client}`)
  terminal.print(isAbsent ? server.message : serverText(server))
  return exitCodes.ok
}

/** Codes that say that there is nobody to ask. */
const absence: ReadonlySet<string> = new Set(['OD_CLI_UNREACHABLE', 'OD_CLI_NOT_RUNNING'])

function serverText({ url, api, node }: ServerVersion): string {
  return `${url}: ${node === undefined ? 'an Ollama' : `node ${node}`}, API of Ollama ${api}`
}

async function readVersion(call: Call): Promise<ServerVersion> {
  const gateway = await openGateway(call)
  const { url } = gateway
  const api = textField(await gateway.get('/api/version'), 'version')
  const status = await gateway.get('/api/v1/integration/status').catch((error: unknown) => {
    if (isOdError(error) && error.code === 'OD_CLI_NOT_A_GATEWAY') return undefined // no such path
    throw error
  })
  return status === undefined ? { url, api } : { url, api, node: textField(status, 'version') }
}
