import type { LoadedConfig } from '../../config/index.ts'
import { type Call, textOption } from '../command.ts'
import { loadCallConfig } from '../config-input.ts'
import { findNode } from '../find-gateway.ts'
import { parseHost } from '../host.ts'

/** Where the checks look. */
export interface Ground {
  readonly call: Call
  readonly config: LoadedConfig
  /** Origin of the gateway: that of `--host`, of the node that runs here, or the one that a node here would have. */
  readonly gateway: string
}

/** Finds it out without asking anybody on the network. Throws what is wrong with the command line or the configuration. */
export async function findGround(call: Call): Promise<Ground> {
  const config = await loadCallConfig(call)
  const host = textOption(call, 'host')
  if (host !== undefined) return { call, config, gateway: parseHost(host, '--host') }
  const { node } = await findNode(call)
  const { port } = config.values.integration.apiGateway
  return { call, config, gateway: node?.gateway ?? `http://127.0.0.1:${port}` }
}
