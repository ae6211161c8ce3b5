import { freePortNear, holderOfPort, type PortHolder, portState } from '../../sys/network.ts'
import type { RunFile } from '../../sys/run-file.ts'
import { lookAtServer } from '../ollama-server.ts'
import type { Finding } from './finding.ts'

interface Place {
  readonly host: string
  readonly port: number
}

/** Whether the gateway can listen, or does already. */
export async function gatewayPortFinding(
  { host, port }: Place,
  node: RunFile | undefined,
): Promise<Finding> {
  const topic = 'gateway port'
  if (node !== undefined && new URL(node.gateway).port === String(port)) {
    return { topic, state: 'ok', text: `${port}, held by the node with pid ${node.pid}` }
  }
  if (port === 0) return { topic, state: 'ok', text: 'any that is free' }
  const state = await portState(host, port)
  if (state === 'free') return { topic, state: 'ok', text: `${port} is free` }
  if (state === 'taken') {
    const other = (await freePortNear(host, port)) ?? 0
    const text = `${port} is held by ${holderText(holderOfPort(host, port))}`
    return { topic, state: 'problem', text, fix: `Start with another one: --port ${other}` }
  }
  const why = state === 'forbidden' ? 'needs rights that this user lacks' : `is not at ${host}`
  const fix = 'Give a port above 1023 with --port, and an address of this machine with --listen.'
  return { topic, state: 'problem', text: `${port} ${why}`, fix }
}

/** Who is at Ollama's own port: nobody, an Ollama, or a stranger. */
export async function ollamaPortFinding({ host, port }: Place): Promise<Finding> {
  const topic = 'ollama port'
  if (port === 0) return { topic, state: 'ok', text: 'left to others' }
  if ((await portState(host, port)) === 'free') {
    return { topic, state: 'ok', text: `${port} is free` }
  }
  const holder = holderText(holderOfPort(host, port))
  const server = await lookAtServer(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
  if (server.isOllama) {
    return { topic, state: 'ok', text: `${port}, an Ollama ${server.version} (${holder})` }
  }
  return {
    topic,
    state: 'warning',
    text: `${port} is held by ${holder}, which is no Ollama: ${server.reason}`,
    fix: 'The embedded engine takes another port; clients of Ollama find it here only when that program is gone.',
  }
}

function holderText(holder: PortHolder | undefined): string {
  if (holder === undefined) return 'a program that the system does not name'
  const { command = 'a program', pid, user } = holder
  const details = [pid === undefined ? '' : `pid ${pid}`, user === undefined ? '' : `user ${user}`]
  const known = details.filter((detail) => detail !== '')
  return known.length === 0 ? command : `${command}, ${known.join(', ')}`
}
