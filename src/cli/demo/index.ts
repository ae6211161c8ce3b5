/** `demo`: a whole cluster of real nodes on this machine, for as long as somebody looks. */

import { makeTemporaryFolder, removeFolder } from '../../sys/files.ts'
import { coreCount } from '../../sys/machine.ts'
import { type Call, type CommandHandler, textOption } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { openGateway } from '../gateway-client.ts'
import { objectList, textField, textList } from '../ndjson.ts'
import { curlLine } from '../start/texts.ts'
import { renderTable } from '../text-table.ts'
import { type DemoNode, startDemoNode } from './demo-node.ts'

const nodesMax = 20
/** Until all see all: a round of gossip or two, on a machine that starts as many processes. */
const togetherMsMax = 30_000
const lookMs = 100
/** As long as a node lets its answers finish, and some. */
const stopMsMax = 40_000

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export const demo: CommandHandler = async (call) => {
  const count = countOf(call)
  const folder = await makeTemporaryFolder('ollama-distributed-demo-')
  const nodes: DemoNode[] = []
  const ending = Promise.withResolvers<ExitCode>()
  call.self.onSignal(endingSignals, () => ending.resolve(exitCodes.ok))
  call.self.onParentGone(() => ending.resolve(exitCodes.ok))
  try {
    const shown = startAll(call, count, folder, nodes).then(async () => {
      await untilTogether(call, nodes)
      tell(call, nodes, folder)
      return await ending.promise
    })
    return await Promise.race([shown, ending.promise])
  } finally {
    await stopAll(call, nodes)
    if (call.options['keep'] === true) call.terminal.note(`kept: ${folder}`)
    else await removeFolder(folder)
  }
}

function countOf(call: Call): number {
  const text = textOption(call, 'nodes') ?? '3'
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= nodesMax) return count
  throw usageError(
    `--nodes takes a number from 1 to ${nodesMax}, not ${JSON.stringify(text)}`,
    'help demo',
  )
}

/** The first one alone, the others all at once. */
async function startAll(
  call: Call,
  count: number,
  folder: string,
  nodes: DemoNode[],
): Promise<void> {
  const { clock, terminal } = call
  const cores = Math.max(1, Math.floor(coreCount() / count))
  const start = async (number: number, command: readonly string[]): Promise<DemoNode> => {
    const startedMs = clock.nowMs()
    const node = await startDemoNode({
      name: `node-${number}`,
      folder,
      cores,
      command,
      clock,
    })
    nodes.push(node)
    void node.program.ended.then((how) => terminal.note(`${node.name} ended (${how})`))
    const seconds = ((clock.nowMs() - startedMs) / 1_000).toFixed(1)
    if (call.options['json'] !== true) {
      terminal.print(
        `${terminal.isFancy ? '✓' : 'ok'} ${node.name}   ${node.gateway}   ${seconds} s`,
      )
    }
    return node
  }
  const first = await start(1, ['start'])
  if (count === 1) return
  const gateway = await openGateway(at(call, first))
  const { token } = await gateway.post('/api/v1/tokens', { uses: count - 1 })
  const [peer = ''] = textList(await gateway.get('/api/v1/cluster/status'), 'joinAddresses')
  const command = ['join', '--peer', peer, '--token', String(token)]
  const started = Array.from({ length: count - 1 }, (_, i) => start(i + 2, command))
  const failed = (await Promise.allSettled(started)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/** Every node sees every node alive; said when it takes longer than it should. */
async function untilTogether(call: Call, nodes: readonly DemoNode[]): Promise<void> {
  const { clock } = call
  const gateways = await Promise.all(nodes.map((node) => openGateway(at(call, node))))
  const untilMs = clock.nowMs() + togetherMsMax
  while (clock.nowMs() < untilMs) {
    const lists = await Promise.all(gateways.map((gateway) => gateway.get('/api/v1/nodes')))
    const alive = lists.map(
      (list) =>
        objectList(list, 'nodes').filter((node) => textField(node, 'state') === 'alive').length,
    )
    if (alive.every((seen) => seen === nodes.length)) return
    await new Promise<void>((resolve) => {
      clock.after(lookMs, resolve)
    })
  }
  call.terminal.note('not all nodes see each other yet; `nodes list` shows how it goes on')
}

function tell(
  { options, terminal, commandName }: Call,
  nodes: readonly DemoNode[],
  folder: string,
): void {
  const sorted = [...nodes].sort((a, b) =>
    a.name.localeCompare(b.name, undefined, { numeric: true }),
  )
  if (options['json'] === true) {
    const facts = sorted.map(({ name, gateway, dataDir, program }) => ({
      name,
      gateway,
      dataDir,
      pid: program.pid,
    }))
    return terminal.print(JSON.stringify({ folder, nodes: facts }))
  }
  const [first, second = first] = sorted
  if (first === undefined || second === undefined) return
  const rows = sorted.map(({ name, gateway, program }) => [name, gateway, String(program.pid)])
  const lines = [
    '',
    renderTable(['NODE', 'GATEWAY', 'PID'], rows),
    '',
    'Try it, at any of them:',
    `  ${curlLine(first.gateway, 'pocket')}`,
    `  ${commandName} nodes list --host ${first.gateway}`,
    ...(second === first
      ? []
      : [
          'Kill one while it answers, and ask on:',
          `  kill -9 ${second.program.pid}`,
          `  ${commandName} nodes list --host ${first.gateway}`,
        ]),
    '',
    `Ctrl-C stops all of them. What they print is in ${folder}.`,
  ]
  terminal.print(lines.join('\n'))
}

async function stopAll({ clock }: Call, nodes: readonly DemoNode[]): Promise<void> {
  for (const { program } of nodes) program.signal('SIGTERM')
  const cancel = clock.after(stopMsMax, () => {
    for (const { program } of nodes) program.signal('SIGKILL')
  })
  await Promise.all(nodes.map(({ program }) => program.ended))
  cancel()
}

/** The call as if that node had been named. */
function at(call: Call, { gateway }: DemoNode): Call {
  return { ...call, options: { ...call.options, host: gateway } }
}
