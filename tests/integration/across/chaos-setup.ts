/** Three real nodes that joined each other, each before one engine of its own, and clients that check every answer. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import type { CheckSummary } from '../../../src/fake-engine/check/index.ts'
import { type Host, thisMachine } from '../../support/hosts/index.ts'
import { MarkedProcess } from '../../support/marked-process.ts'
import {
  type NodeOptions,
  type NodeProcess,
  productLine,
  runToEnd,
  startNode,
} from '../../support/node-process.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

/** One that may be killed and come back. */
export interface ChaosNode {
  readonly host: Host
  readonly process: NodeProcess
  /** As a crash. */
  kill(): Promise<void>
  freeze(): void
  thaw(): void
  /** After a kill: with the data that it had. */
  startAgain(): Promise<void>
  /** `id@state` of each engine that its gateway shows, of all nodes. */
  engines(): Promise<readonly string[]>
  /** Runs a command of the product beside it. */
  run(args: readonly string[]): Promise<string>
  /** What its log says of requests that its gateway answered with a status of 500 or more. */
  failures(): Promise<readonly string[]>
}

const instancesSchema = z.object({
  instances: z.array(z.looseObject({ id: z.string(), state: z.string() })),
})

/** Starts three that know each other; they end with the test. `config`: of each, by its number. */
export async function startThree(
  hosts: readonly Host[],
  config: (number: number) => string,
  env: NonNullable<NodeOptions['env']> = {},
): Promise<readonly [ChaosNode, ChaosNode, ChaosNode]> {
  const startOne = (number: number, joining: readonly string[]) =>
    startChaosNode({ number, host: hosts[number] ?? thisMachine, env }, config(number), joining)
  const first = await startOne(0, [])
  const [, peer = ''] = await first.process.saw(/^Peer +(\S+)$/m)
  const created = await first.run(['token', 'create', '--uses', '2', '--json'])
  const { token } = z.looseObject({ token: z.string() }).parse(JSON.parse(created))
  const joining = ['--peer', peer, '--token', token]
  const [second, third] = await Promise.all([startOne(1, joining), startOne(2, joining)])
  return [first, second, third]
}

interface Place {
  readonly number: number
  readonly host: Host
  readonly env: NonNullable<NodeOptions['env']>
}

async function startChaosNode(
  place: Place,
  config: string,
  joining: readonly string[],
): Promise<ChaosNode> {
  const { host, env } = place
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(file, config)
  const start = (args: readonly string[]) =>
    startNode({ dataDir: directory.path, env, command: lineOf(place, directory.path, file, args) })
  let node = await start(joining.length === 0 ? ['start'] : ['join', ...joining])
  onTestFinished(() => node[Symbol.asyncDispose]())
  const run = async (args: readonly string[]) => {
    const [command, ...rest] = at(host, [...args, '--data-dir', directory.path])
    const { stdout, stderr, code } = await runToEnd({ command, args: rest }, { timeoutMs: 30_000 })
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)
    return stdout
  }
  const signal = (name: NodeJS.Signals) => void process.kill(node.runFile.pid, name)
  return {
    host,
    get process() {
      return node
    },
    async kill() {
      await node.kill()
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async startAgain() {
      node = await start(['start'])
    },
    async engines() {
      // Only a process on that host reaches its gateway; the command costs a second on a busy machine.
      const listed =
        host === thisMachine
          ? (await rawRequest(node.gateway, { path: '/api/v1/instances' })).body.toString()
          : await run(['engines', 'list', '--json'])
      const { instances } = instancesSchema.parse(JSON.parse(listed))
      return instances.map(({ id, state }) => `${id}@${state}`)
    },
    run,
    failures: () => failuresIn(join(directory.path, 'logs', 'node.log')),
  }
}

async function failuresIn(file: string): Promise<readonly string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  const ids = lines.flatMap((line) => {
    if (!line.includes('"request.finished"')) return []
    const { status, requestId } = JSON.parse(line) as { status: number; requestId: string }
    return status >= 500 ? [requestId] : []
  })
  return lines.filter((line) => ids.some((id) => line.includes(id)))
}

function lineOf(
  { number, host }: Place,
  dataDir: string,
  file: string,
  [verb = 'start', ...args]: readonly string[],
): [string, ...string[]] {
  const places = ['--data-dir', dataDir, '--config', file, '--name', `node-${number}`]
  const ports = ['--port', '0', '--ollama-port', '0', '--link-port', '0']
  return at(host, [verb, ...places, ...ports, '--link-listen', host.address, ...args])
}

function at(host: Host, args: readonly string[]): [string, ...string[]] {
  const [command = '', ...rest] = [...host.prefix, ...productLine(args)]
  return [command, ...rest]
}

/** Resolves once each of these sees so many engines, and all of them in use; milliseconds until then. */
export async function untilAllInUse(nodes: readonly ChaosNode[], count: number): Promise<number> {
  const startMs = performance.now()
  for (const node of nodes) {
    const isSo = async () => {
      const seen = await node.engines()
      if (seen.length === count && seen.every((one) => one.endsWith('@running'))) return true
      throw new Error(seen.join(' '))
    }
    await until(`${count} engines in use`, isSo, { timeoutMs: 60_000, everyMs: 200 })
  }
  return Math.round(performance.now() - startMs)
}

export interface Clients {
  /** Lets them go, and tells what they saw; answers that are still open then do not count. */
  end(): Promise<CheckSummary>
  /** What they saw in so many questions. */
  readonly summary: Promise<CheckSummary>
}

/** Lets the product's own checking clients loose on the node's gateway. */
export function startClients(
  { host, process: node }: ChaosNode,
  options: { model: string; clients: number; requests: number; flags?: readonly string[] },
): Clients {
  const { model, clients, requests, flags = [] } = options
  const counts = ['--clients', String(clients), '--requests', String(requests)]
  const check = ['fake-engine', 'check', node.gateway, '--json', '--silence', '60']
  const [command, ...args] = at(host, [...check, '--model', model, ...counts, ...flags])
  const process = new MarkedProcess({ command, args })
  onTestFinished(() => process.destroy())
  const summary = process.exited.then(() => {
    if (process.stdout() === '') throw new Error(process.output)
    return JSON.parse(process.stdout()) as CheckSummary
  })
  summary.catch(() => {}) // told to whoever waits for it
  return {
    summary,
    end() {
      process.signal('SIGINT')
      return summary
    },
  }
}
