/** Nodes, each a process of the built product: one alone, or two of one cluster with the models of the recording split over both. */
import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { startNode } from '../../support/node-process.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

/** Models on the node that the cases ask; on the node behind it are those that most of them are about. */
export const entryModels: readonly string[] = ['smol-tools', 'smol-think', 'smol-embed']
export const behindModels: readonly string[] = ['smol', 'smol-sys', 'smol-fim']

export interface Nodes {
  /** Origin of the gateway that is asked. */
  readonly url: string
  stop(): Promise<void>
}

/** Nodes that start no engine: each uses the one at its port. */
export async function nodesBefore(ports: readonly [entry: number, behind: number]): Promise<Nodes> {
  await using started = new AsyncDisposableStack()
  const integration = 'integration:\n  process_manager:\n    auto_start: false\n'
  const start = (name: string, port: number) =>
    startMember(started, name, ['--ollama-port', String(port)], integration)
  const entry = await start('entry', ports[0])
  await join(entry, await start('behind', ports[1]))
  return stoppedWith(started.move(), entry)
}

/** Makes models at an engine. */
type Fill = (engine: string, models: readonly string[]) => Promise<void>

/** One node as a newcomer starts it, with all models. */
export async function embeddedNode(fill: Fill): Promise<Nodes> {
  await using started = new AsyncDisposableStack()
  const gateway = await startMember(started, 'alone', [], '')
  await fill(await engineOf(gateway), [...entryModels, ...behindModels])
  return stoppedWith(started.move(), gateway)
}

/** Two nodes with the embedded engine alone. */
export async function embeddedNodes(fill: Fill): Promise<Nodes> {
  await using started = new AsyncDisposableStack()
  const start = async (name: string, models: readonly string[]) => {
    const gateway = await startMember(started, name, [], 'engines: { cores: 1 }\n') // two of them share the machine
    await fill(await engineOf(gateway), models)
    return gateway
  }
  const entry = await start('entry', entryModels)
  await join(entry, await start('behind', behindModels))
  return stoppedWith(started.move(), entry)
}

function stoppedWith(started: AsyncDisposableStack, url: string): Nodes {
  return { url, stop: () => started.disposeAsync() }
}

async function engineOf(gateway: string): Promise<string> {
  const { instances } = instanceList.parse(await json(gateway, '/api/v1/instances'))
  const engine = instances.find(({ kind }) => kind === 'embedded')
  if (engine === undefined) throw new Error('a node without an engine')
  return engine.url
}

/** Resolves with the origin of its gateway. It is stopped, and must stop by itself, when the stack is disposed of. */
async function startMember(
  started: AsyncDisposableStack,
  name: string,
  args: readonly string[],
  config: string,
): Promise<string> {
  const directory = await makeTemporaryDirectory()
  started.defer(() => directory.remove())
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(file, config)
  const line = ['--name', name, '--link-listen', '127.0.0.1', '--config', file, ...args]
  const node = started.use(await startNode({ dataDir: directory.path, args: line }))
  started.defer(async () => void (await node.stop()))
  return node.gateway
}

const status = z.looseObject({ joinAddresses: z.array(z.string()) })
const tokens = z.looseObject({ token: z.string() })
const instanceList = z.looseObject({
  instances: z.array(z.looseObject({ kind: z.string(), url: z.string() })),
})
const tags = z.looseObject({ models: z.array(z.looseObject({ name: z.string() })) })

/** Resolves when the entry shows the models of both. */
async function join(entry: string, behind: string): Promise<void> {
  const { joinAddresses } = status.parse(await json(entry, '/api/v1/cluster/status'))
  const { token } = tokens.parse(await json(entry, '/api/v1/tokens', { uses: 1 }))
  await json(behind, '/api/v1/cluster/join', { peers: joinAddresses, token })
  const wanted = [...entryModels, ...behindModels].map((name) => `${name}:latest`)
  await until('the models of both nodes', async () => {
    const { models } = tags.parse(await json(entry, '/api/tags'))
    return wanted.every((name) => models.some((model) => model.name === name))
  })
}

async function json(origin: string, path: string, body?: object): Promise<unknown> {
  const request = body === undefined ? { path } : { path, body: JSON.stringify(body) }
  const answer = await rawRequest(origin, request)
  if (answer.status >= 300) throw new Error(`${path}: ${answer.body.toString()}`)
  return JSON.parse(answer.body.toString())
}
