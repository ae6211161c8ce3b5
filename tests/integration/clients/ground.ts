/**
 * What the clients meet: a cluster of two nodes, each the product in a process of its own. They ask the gateway of one, which has
 * no engine; the model is on an Ollama that the other has adopted, or on its embedded engine. That engine is asked without the
 * gateways, too, for comparison.
 */

import { writeFile } from 'node:fs/promises'
import { storeModels } from '../../contract/golden/store-models.ts'
import { smollm2 } from '../../smollm2/weights.ts'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import { realBinary } from '../../support/ollama-program/kinds.ts'
import { serveRealOllama } from '../../support/ollama-program/real.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { type Instance, type RunningNode, startRunningNode } from '../node/running-node.ts'

export interface Ground {
  /** Origin of the gateway that clients ask. */
  readonly gateway: string
  /** Origin of the engine that answers in the end. */
  readonly engine: string
  readonly model: string
  /** One whose answers are of a few words without being asked to. */
  readonly briefModel: string
  /** Whose answers are known in advance. */
  readonly answers: 'fake' | 'pocket' | undefined
  /** What that model calls `get_weather` for Paris for. */
  readonly weatherQuestion: string
  /** A sound is answered, by whatever model; otherwise refused. */
  readonly hears: boolean
  /** It calls only what its answer is bound to. */
  readonly isBound: boolean
  /** The node whose engine that is. */
  readonly owner: string
  /** Absent where another engine answers. */
  readonly fake: FakeOllama | undefined
  /** Requests that the engine's own node knows to be on their way. */
  readonly activeRequests: () => Promise<number>
  readonly stop: () => Promise<void>
}

export type SetUp = () => Promise<Ground | { readonly missing: string }>

/** An Ollama whose tokens tell their place. */
export const setUpFake: SetUp = async () => {
  const model = { name: 'tiny', capabilities: ['completion', 'tools', 'embedding'] as const }
  const fake = await startFakeOllama({
    models: [model],
    tokens: 'indexed',
    answerTokens: 6,
    parallel: 8,
  })
  return await behindTwoNodes({
    engine: fake.url,
    model: model.name,
    briefModel: model.name,
    answers: 'fake',
    ...bound,
    fake,
    stop: fake.stop,
  })
}

/** A real one, with a small model whose template knows tools. */
export const setUpReal: SetUp = async () => {
  if (realBinary === undefined) return { missing: 'needs OLLAMA_BIN' }
  const weights = await smollm2()
  if ('missing' in weights) return weights
  const environment = { OLLAMA_NO_CLOUD: '1', TZ: 'UTC' }
  const { url, stop } = await serveRealOllama(realBinary, { environment })
  await storeModels(url, weights.path)
  return await behindTwoNodes({
    engine: url,
    model: 'smol-tools',
    briefModel: 'smol-sys',
    answers: undefined,
    ...bound,
    fake: undefined,
    stop,
  })
}

/** The embedded engine, with the bundled model. */
export const setUpEmbedded: SetUp = async () => {
  const [entry, owner] = await startNodes(['--ollama-port', '0'])
  const { url: engine } = await owner.embedded()
  const origin = {
    engine,
    model: 'pocket',
    briefModel: 'pocket',
    answers: 'pocket',
    weatherQuestion: 'What is the weather in Paris?',
    isBound: false,
    hears: false,
    fake: undefined,
    stop: async () => {},
  } as const
  return await joined(origin, entry, owner)
}

const bound = {
  weatherQuestion: 'Use get_weather for Paris.',
  isBound: true,
  hears: true,
} as const

type Origin = Omit<Ground, 'gateway' | 'owner' | 'activeRequests'>

/** Whatever fails, the Ollama does not outlive it. */
async function behindTwoNodes(origin: Origin): Promise<Ground> {
  const { port } = new URL(origin.engine)
  const directory = await makeTemporaryDirectory()
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(file, 'integration:\n  process_manager:\n    auto_start: false\n') // no engine of ours
  const stop = async () => {
    await origin.stop()
    await directory.remove()
  }
  try {
    const nodes = await startNodes(['--ollama-port', port, '--config', file])
    return await joined({ ...origin, stop }, ...nodes)
  } catch (error) {
    await stop()
    throw error
  }
}

/** The one without an engine, and the one that has it by `args`. */
async function startNodes(
  args: readonly string[],
): Promise<[entry: RunningNode, owner: RunningNode]> {
  const link = ['--link-listen', '127.0.0.1']
  return await Promise.all([
    startRunningNode({ args: ['--name', 'entry', '--role', 'gateway', ...link] }),
    startRunningNode({ args: ['--name', 'owner', ...args, ...link] }),
  ])
}

async function joined(origin: Origin, entry: RunningNode, owner: RunningNode): Promise<Ground> {
  const peers = await joinAddresses(owner)
  await join(entry, owner, peers)
  await until('the engine to be seen from the other node', async () => {
    const shown = await fetch(`${entry.gateway}/api/tags`)
    return (await shown.text()).includes(`"${origin.model}:latest"`)
  })
  return {
    ...origin,
    gateway: entry.gateway,
    owner: peers[0]?.split('/').at(-1) ?? '',
    async activeRequests() {
      const counts = (await owner.instances()).map((one: Instance) => one.activeRequests)
      return counts.reduce((sum, count) => sum + count, 0)
    },
    async stop() {
      await Promise.all([entry.stop(), owner.stop()])
      await origin.stop()
    },
  }
}

/** Where others find a node; the last part of each is its peer id. */
async function joinAddresses({ gateway }: RunningNode): Promise<string[]> {
  const status = await fetch(`${gateway}/api/v1/cluster/status`)
  return ((await status.json()) as { joinAddresses: string[] }).joinAddresses
}

async function join(
  newcomer: RunningNode,
  member: RunningNode,
  peers: readonly string[],
): Promise<void> {
  const { token } = (await (await member.post('/api/v1/tokens', { uses: 1 })).json()) as {
    token: string
  }
  const answer = await newcomer.post('/api/v1/cluster/join', { peers, token })
  if (answer.status !== 200) throw new Error(`the node was not let in: ${await answer.text()}`)
}
