/** `join` and `leave`: this machine's node and the cluster it belongs to. */
import type { RunningNode } from '../node/index.ts'
import { findRunningNode } from '../sys/run-file.ts'
import { type Call, type CommandHandler, textOption } from './command.ts'
import { loadCallConfig } from './config-input.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type GatewayClient, openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { numberField, objectField, textField } from './ndjson.ts'
import { startSpinner } from './spinner.ts'
import { runNode } from './start/index.ts'

/** Less is no trouble. */
const clockOffMinutes = 5

/** Between two looks at whether somebody has approved. */
const lookMs = 500

/** `join`: tells the node that runs, or starts one and joins with it. */
export const join: CommandHandler = async (call) => {
  const peers = (textOption(call, 'peer') ?? '').split(',').map((text) => text.trim())
  const named = peers.filter((text) => text !== '')
  const token = textOption(call, 'token')
  if (textOption(call, 'host') !== undefined) return await joinRunning(call, named, token)
  const config = await loadCallConfig(call)
  const running = await findRunningNode(config.values.node.dataDir)
  if (running !== undefined) return await joinRunning(call, named, token)
  return await runNode(call, config, (node) => joinWith(call, node, named, token))
}

async function joinRunning(
  call: Call,
  peers: readonly string[],
  token: string | undefined,
): Promise<ExitCode> {
  const { terminal } = call
  const gateway = await openGateway(call)
  const wish = { peers: [...peers], ...(token === undefined ? {} : { token }) }
  const stopSpinner = startSpinner(call, () => askingText(peers))
  const answer = await gateway.post('/api/v1/cluster/join', wish).finally(stopSpinner)
  const isPending = textField(answer, 'outcome') === 'pending'
  tellClock(call, numberField(answer, 'clockOffMs') ?? 0)
  if (isPending && call.options['wait'] !== false) {
    const status = await gateway.get('/api/v1/cluster/status')
    terminal.note(waitingText(textField(status, 'node')))
    await untilDecided(call, gateway)
  }
  if (printJson(call, answer)) return exitCodes.ok
  const isWaiting = isPending && call.options['wait'] === false
  terminal.print(isWaiting ? 'asked; it waits for approval' : joinedText(answer))
  return exitCodes.ok
}

/** Resolves when the node is a member; throws when it was turned away. Ctrl-C leaves the node waiting. */
async function untilDecided(call: Call, gateway: GatewayClient): Promise<void> {
  const stopSpinner = startSpinner(call, () => 'waits for approval')
  try {
    for (;;) {
      const joining = objectField(await gateway.get('/api/v1/cluster/status'), 'joining')
      if (textField(joining, 'node') === '') return
      const error = textField(joining, 'error')
      if (error !== '') call.terminal.note(`not yet: ${error}`)
      await new Promise<void>((resolve) => {
        call.clock.after(lookMs, resolve)
      })
    }
  } finally {
    stopSpinner()
  }
}

async function joinWith(
  call: Call,
  node: RunningNode,
  peers: readonly string[],
  token: string | undefined,
): Promise<void> {
  const { terminal, clock } = call
  const stopSpinner = startSpinner(call, () => askingText(peers))
  const { outcome, clockOffMs, member } = await node.join(peers, token).finally(stopSpinner)
  tellClock(call, clockOffMs)
  if (outcome === 'admitted') return terminal.print(joinedText({ member }))
  terminal.note(waitingText(node.nodeId))
  const look = () => {
    const { isWaiting, error } = node.joining()
    if (!isWaiting) return terminal.print(joinedText({ member }))
    if (error !== undefined) return terminal.note(`not joined: ${error}`)
    clock.after(lookMs, look)
  }
  look()
}

/** Tokens expire by clocks, and logs are compared by them. */
function tellClock({ terminal }: Call, clockOffMs: number): void {
  const minutes = Math.round(Math.abs(clockOffMs) / 60_000)
  if (minutes < clockOffMinutes) return
  const side = clockOffMs > 0 ? 'ahead of' : 'behind'
  terminal.note(
    `The clock of this machine is ${minutes} min ${side} that of the member: set it right, tokens and logs go by it.`,
  )
}

function waitingText(nodeId: string): string {
  return `no token was given, so someone must approve it on a member: ollama-distributed nodes approve ${nodeId}`
}

function askingText(peers: readonly string[]): string {
  return peers.length === 0 ? 'looks for nodes in the local network' : 'asks to join'
}

/** Whoever let the network find the member sees here which one it was. */
function joinedText(answer: Readonly<Record<string, unknown>>): string {
  return `joined the cluster of node ${textField(answer, 'member')}`
}

/** `leave`. */
export const leave: CommandHandler = async (call) => {
  const gateway = await openGateway(call)
  const answer = await gateway.post('/api/v1/cluster/leave')
  if (printJson(call, answer)) return exitCodes.ok
  call.terminal.print('left the cluster; this node goes on alone')
  if (answer['told'] !== true) {
    call.terminal.note(
      'The cluster could not be told: remove this node there with `ollama-distributed nodes remove`.',
    )
  }
  return exitCodes.ok
}
