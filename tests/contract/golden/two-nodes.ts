/** Two nodes of one cluster, each a process of the built product, with the models of the recording split over both. */
import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { type NodeProcess, startNode } from '../../support/node-process.ts'
import { rawRequest } from '../../support/raw-http.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

/** Models on the node that the cases ask; on the node behind it are those that most of them are about. */
export const entryModels: readonly string[] = ['smol-tools', 'smol-think', 'smol-embed']
export const behindModels: readonly string[] = ['smol', 'smol-sys', 'smol-fim']

export interface TwoNodes {
  /** Origin of the gateway that is asked. */
  readonly url: string
  stop(): Promise<void>
}

interface Started {
  readonly node: NodeProcess
  readonly directory: TemporaryDirectory
}

/** Nodes that start no engine: each uses the one at its port. */
export async function nodesBefore(
  ports: readonly [entry: number, behind: number],
): Promise<TwoNodes> {
  const start = (name: string, port: number) =>
    startMember(
      name,
      ['--ollama-port', String(port)],
      '  process_manager:\n    auto_start: false\n',
    )
  return await joined([await start('entry', ports[0]), await start('behind', ports[1])])
}

/** Nodes with the embedded engine alone. `fill` makes the models at the engine of a node. */
export async function embeddedNodes(
  fill: (engine: string, models: readonly string[]) => Promise<void>,
): Promise<TwoNodes> {
  const members = [await startMember('entry', [], ''), await startMember('behind', [], '')] as const
  for (const [at, models] of [entryModels, behindModels].entries()) {
    const member = members[at]
    if (member !== undefined) await fill(await engineOf(member), models)
  }
  return await joined(members)
}

async function engineOf({ node }: Started): Promise<string> {
  const { instances } = instanceList.parse(await json(node.gateway, '/api/v1/instances'))
  const engine = instances.find(({ kind }) => kind === 'embedded')
  if (engine === undefined) throw new Error('a node without an engine')
  return engine.url
}

async function startMember(
  name: string,
  args: readonly string[],
  integration: string,
): Promise<Started> {
  const directory = await makeTemporaryDirectory()
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(file, integration === '' ? '' : `integration:\n${integration}`)
  const line = ['--name', name, '--link-listen', '127.0.0.1', '--config', file, ...args]
  return { directory, node: await startNode({ dataDir: directory.path, args: line }) }
}

const status = z.looseObject({ joinAddresses: z.array(z.string()) })
const tokens = z.looseObject({ token: z.string() })
const instanceList = z.looseObject({
  instances: z.array(z.looseObject({ kind: z.string(), url: z.string() })),
})
const tags = z.looseObject({ models: z.array(z.looseObject({ name: z.string() })) })

async function joined(members: readonly [entry: Started, behind: Started]): Promise<TwoNodes> {
  const [entry, behind] = members.map(({ node }) => node.gateway) as [string, string]
  const { joinAddresses } = status.parse(await json(entry, '/api/v1/cluster/status'))
  const { token } = tokens.parse(await json(entry, '/api/v1/tokens', { uses: 1 }))
  await json(behind, '/api/v1/cluster/join', { peers: joinAddresses, token })
  const wanted = [...entryModels, ...behindModels].map((name) => `${name}:latest`)
  await until('the models of both nodes', async () => {
    const { models } = tags.parse(await json(entry, '/api/tags'))
    return wanted.every((name) => models.some((model) => model.name === name))
  })
  return {
    url: entry,
    async stop() {
      for (const { node, directory } of members.toReversed()) {
        await node.stop()
        await node[Symbol.asyncDispose]()
        await directory.remove()
      }
    },
  }
}

async function json(origin: string, path: string, body?: object): Promise<unknown> {
  const request = body === undefined ? { path } : { path, body: JSON.stringify(body) }
  const answer = await rawRequest(origin, request)
  if (answer.status >= 300) throw new Error(`${path}: ${answer.body.toString()}`)
  return JSON.parse(answer.body.toString())
}
