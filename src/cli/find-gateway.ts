import { OdError } from '../core/errors/index.ts'
import { findRunningNode, type RunFile } from '../sys/run-file.ts'
import { type Call, textOption } from './command.ts'
import { parseHost } from './host.ts'

/** Which gateway a command talks to. */
export interface FoundGateway {
  /** Without a slash at its end. */
  readonly url: string
  /** The node of this machine, when that is whose gateway it is. */
  readonly node?: RunFile
  /** Set when nothing named it and no node was found: what to say when it turns out not to be there. */
  readonly ifAbsent?: OdError
}

/** Where the gateway of a node without configuration answers. */
const usualUrl = 'http://127.0.0.1:8080'

/**
 * Finds the gateway: `--host`, then a node on the data folder of `--data-dir` (and no other), then
 * `OLLAMA_DISTRIBUTED_HOST`, then a node on the usual data folder, then the usual address. Throws `OD_CLI_HOST_INVALID`,
 * `OD_CLI_NOT_RUNNING`, or what is wrong with the configuration.
 */
export async function findGateway(call: Call): Promise<FoundGateway> {
  const flag = textOption(call, 'host')
  if (flag !== undefined) return { url: parseHost(flag, '--host') }
  const variable = call.self.env['OLLAMA_DISTRIBUTED_HOST']?.trim()
  if (textOption(call, 'dataDir') === undefined && variable) {
    return { url: parseHost(variable, 'OLLAMA_DISTRIBUTED_HOST') }
  }
  const { dataDir, node } = await findNode(call)
  if (node !== undefined) return { url: node.gateway, node }
  if (textOption(call, 'dataDir') !== undefined) throw notRunning(dataDir, call)
  return { url: usualUrl, ifAbsent: notRunning(dataDir, call) }
}

/** The data folder that the configuration names, and the node that runs on it, if any. */
export async function findNode(
  call: Call,
): Promise<{ readonly dataDir: string; readonly node: RunFile | undefined }> {
  const { loadCallConfig } = await import('./config-input.ts') // costs more than all the rest
  const { values } = await loadCallConfig(call)
  const { dataDir } = values.node
  return { dataDir, node: await findRunningNode(dataDir) }
}

/** No node runs on that folder; with the line that starts one there. */
function notRunning(dataDir: string, call: Call): OdError {
  return new OdError('OD_CLI_NOT_RUNNING', { dataDir, start: startLine(call) })
}

/** The line that starts a node where this call looked for one. */
function startLine(call: Call): string {
  const dataDir = textOption(call, 'dataDir')
  return `ollama-distributed start${dataDir === undefined ? '' : ` --data-dir ${quoteWord(dataDir)}`}`
}

/** A word of a command line for a POSIX shell, with quotes only where it needs them. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
