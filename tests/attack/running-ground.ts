/** Running nodes of the product under attack at their link ports. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { type Identity, loadIdentity } from '../../src/cluster/identity/index.ts'
import { type FakeOllama, startFakeOllama } from '../support/fake-ollama/start.ts'
import {
  type NodeOptions,
  type NodeProcess,
  productLine,
  runProduct,
  startNode,
} from '../support/node-process.ts'
import { headerOf, rawRequest } from '../support/raw-http.ts'
import { makeTemporaryDirectory } from '../support/temporary-directory.ts'
import { until } from '../support/until.ts'

/** A node, and how it is reached at its link port. */
export interface RunningNode {
  readonly process: NodeProcess
  readonly dataDir: string
  readonly peer: string
  readonly linkPort: number
  /** Its multiaddress. */
  readonly address: string
  /** Lines of its log with this event. */
  logged(event: string): Record<string, unknown>[]
  /** Memory that is its own now, in bytes, as the system counts it. */
  rssBytes(): number
  /** Runs a command of the product beside it. */
  run(args: readonly string[]): Promise<string>
}

/** Starts a node before one engine, or before none; it ends with the test. `join`: flags of the command `join`. */
export async function startRunningNode(options: {
  engine?: string
  join?: readonly string[]
  name: string
  env?: NonNullable<NodeOptions['env']>
}): Promise<RunningNode> {
  const { engine, join, name, env = {} } = options
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const file = directory.inside('ollama-distributed.yaml')
  const engines = engine === undefined ? '' : `engines: { remote: { engine: "${engine}" } }\n`
  const manager = 'process_manager: { auto_start: false, health_check_interval: "1s" }'
  await writeFile(file, `${engines}integration:\n  ${manager}\n`)
  const places = ['--data-dir', directory.path, '--config', file, '--name', name]
  const ports = ['--port', '0', '--ollama-port', '0', '--link-port', '0']
  const verb = join === undefined ? ['start'] : ['join', ...join]
  const command = productLine([...verb, ...places, ...ports, '--link-listen', '127.0.0.1'])
  const node = await startNode({ dataDir: directory.path, command, env })
  onTestFinished(() => node[Symbol.asyncDispose]())
  const [, address = ''] = await node.saw(/^Peer +(\S+)$/m)
  const [, port = '', peer = ''] = /\/tcp\/(\d+)\/p2p\/(\w+)$/.exec(address) ?? []
  return {
    process: node,
    dataDir: directory.path,
    peer,
    linkPort: Number(port),
    address,
    logged: (event) =>
      readFileSync(directory.inside('logs/node.log'), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === event),
    rssBytes() {
      const text = readFileSync(`/proc/${node.runFile.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024
    },
    async run(args) {
      const ended = await runProduct([...args, '--data-dir', directory.path])
      if (ended.code !== 0) throw new Error(`${args.join(' ')}: ${ended.stderr}`)
      return ended.stdout
    },
  }
}

/** A token of the node that admits one. */
export async function tokenOf(node: RunningNode): Promise<string> {
  const text = await node.run(['token', 'create', '--json'])
  return z.looseObject({ token: z.string() }).parse(JSON.parse(text)).token
}

/** The first has the engine, the second asks it over the link. */
export interface RunningPair {
  readonly owner: RunningNode
  readonly entry: RunningNode
  readonly fake: FakeOllama
}

export async function startPair(): Promise<RunningPair> {
  const fake = await startFakeOllama({ models: [{ name: 'tiny' }], answerTokens: 3, parallel: 64 })
  onTestFinished(fake.stop)
  const owner = await startRunningNode({ engine: fake.url, name: 'owner' })
  const join = ['--peer', owner.address, '--token', await tokenOf(owner)]
  const entry = await startRunningNode({ join, name: 'entry' })
  await untilEngineSeen(entry)
  return { owner, entry, fake }
}

/** Resolves once the node shows an engine that runs. */
export async function untilEngineSeen(node: RunningNode): Promise<void> {
  const isSeen = async () =>
    /"state": ?"running"/.test(await node.run(['engines', 'list', '--json']))
  await until('the engine to be seen over the link', isSeen, { timeoutMs: 30_000, everyMs: 100 })
}

/** The key of a member, as a thief of it would have it. */
export function keyOf(node: RunningNode): Promise<Identity> {
  return loadIdentity(node.dataDir)
}

/** A wire to a node's link port on which somebody listens: what is sent to `port` goes on to the node, and is kept. */
export async function startWire({ linkPort }: RunningNode): Promise<{
  readonly port: number
  /** All that was sent, in both directions. */
  bytes(): Buffer
  /** What was sent to the node, by connection. */
  sent(): Buffer[]
}> {
  const all: Buffer[] = []
  const toNode: Buffer[][] = []
  const server = createServer((near) => {
    const far = connect(linkPort, '127.0.0.1')
    const own: Buffer[] = []
    toNode.push(own)
    near.on('data', (piece: Buffer) => void own.push(piece))
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (piece: Buffer) => void all.push(piece))
      from.on('error', () => {}) // its end ends the other
      from.on('close', () => void to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => Buffer.concat(all),
    sent: () => toNode.map((pieces) => Buffer.concat(pieces)),
  }
}

/** Its lines about refusals. A request is asked last, so that all before its line is there too. */
export async function refusalsOf(node: RunningNode): Promise<Record<string, unknown>[]> {
  const got = await rawRequest(node.process.gateway, { method: 'GET', path: '/api/tags' })
  const id = headerOf(got, 'x-od-request-id')
  const isLogged = () => node.logged('request.finished').some(({ requestId }) => requestId === id)
  await until('all is logged', isLogged)
  return node.logged('link.refused')
}
