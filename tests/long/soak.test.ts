import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../src/sys/random.ts'
import { writeRandomModel } from '../../tools/random-gguf/random-model.ts'
import { type RunningNode, startRunningNode } from '../integration/node/running-node.ts'
import { smollm2 } from '../smollm2/weights.ts'
import { createModel } from '../support/create-model.ts'
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts'
import { until } from '../support/until.ts'
import { growth, type MemorySample, residentBytesOf } from './soak/memory.ts'
import type { Judged, Outcome } from './soak/outcome.ts'
import { type Action, act, embedInput, type Ground, pickAction } from './soak/traffic.ts'

const minutes = Number(process.env['OD_TEST_SOAK_MINUTES'] ?? 30)
const seed = Number(process.env['OD_TEST_SOAK_SEED'] ?? 1)
const clients = 4
const samples = 120
const memoryGrowthMax = { gateway: 1.15, engine: 1.15, runner: 1.25 }
const questions = [
  'Hello!',
  'What is the capital of Peru?',
  'What does a horse say?',
  'What is 7 + 5?',
  'Why is the sky blue?',
  'Count to 12.',
]

let directory: TemporaryDirectory
let node: RunningNode

beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  const models = directory.inside('models')
  for (const [name, layers, width] of [
    ['tiny', 2, 64],
    ['small', 4, 128],
    ['broad', 6, 512],
  ] as const) {
    const weights = directory.inside(`${name}.gguf`)
    writeRandomModel(weights, { layers, width, contextTokens: 2048 })
    await createModel(models, name, weights)
  }
  const smol = await smollm2()
  if ('path' in smol) await createModel(models, 'smol', smol.path)
  node = await startRunningNode({ dataDir: directory.path })
})
afterAll(async () => {
  await node.stop()
  await directory.remove()
})

const json = async (response: Response) => (await response.json()) as Record<string, unknown>
const modelNames = async () => {
  const { models } = await json(await fetch(`${node.gateway}/api/tags`))
  return (models as { name: string }[]).map(({ name }) => name).toSorted()
}

async function groundOf(names: readonly string[]): Promise<Ground> {
  const known = []
  for (const prompt of questions) {
    const options = { temperature: 0, num_predict: 60 }
    const body = { model: 'pocket', prompt, stream: false, options }
    const { response } = await json(await node.post('/api/generate', body))
    known.push({ prompt, answer: String(response) })
  }
  const embedded = await json(await node.post('/api/embed', { model: 'pocket', input: embedInput }))
  const [vector = []] = embedded['embeddings'] as number[][]
  const others = names
    .map((name) => name.replace(':latest', ''))
    .filter((name) => name !== 'pocket')
  return { node, engineUrl: (await node.embedded()).url, known, vector, others }
}

async function memoryNow(enginePid: number): Promise<MemorySample> {
  const runners = (await node.runners()).map(({ pid }) => residentBytesOf(pid))
  return {
    gateway: residentBytesOf(node.process.runFile.pid),
    engine: residentBytesOf(enginePid),
    runner: Math.max(0, ...runners),
  }
}

test(`${minutes} minutes of mixed traffic with cancels, loads, unloads and kills: every answer is whole or a named error`, {
  timeout: (minutes + 5) * 60_000,
}, async () => {
  const names = await modelNames()
  const ground = await groundOf(names)
  const enginePid = (await node.embedded()).pid ?? 0
  const memory: MemorySample[] = []
  const counts = new Map<Outcome, number>()
  const actions = new Map<Action, number>()
  const faults: string[] = []
  const startedMs = performance.now()
  const lastedMs = () => performance.now() - startedMs
  const endMs = minutes * 60_000

  const note = (action: Action, { outcome, what }: Judged, where: string) => {
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    actions.set(action, (actions.get(action) ?? 0) + 1)
    const isFault = outcome === 'cut silently' || outcome === 'corrupted'
    if (isFault) faults.push(`${where}, ${action}: ${outcome}: ${what}`)
  }
  const runClient = async (client: number) => {
    const random = seededRandom(seed * 1_000 + client)
    for (let turn = 0; lastedMs() < endMs; turn++) {
      const action = pickAction(random)
      const judged = await act(action, ground, random, `own-${client}`)
      note(action, judged, `client ${client}, turn ${turn}, ${(lastedMs() / 1000).toFixed(0)} s`)
      const isDue = client === 0 && lastedMs() > (memory.length * endMs) / samples
      if (isDue) memory.push(await memoryNow(enginePid))
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, client) => runClient(client)))

  const grown = growth(memory)
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0)
  const last = memory.at(-1)
  console.log(
    [
      `${minutes} minutes, seed ${seed}: ${[...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`,
      `actions: ${[...actions].map(([action, count]) => `${action} ${count}`).join(', ')}`,
      `memory in MiB at the end: gateway ${mib(last?.gateway ?? 0)}, engine ${mib(last?.engine ?? 0)}, largest runner ${mib(last?.runner ?? 0)}`,
      `last quarter to second: gateway × ${grown.gateway.toFixed(3)}, engine × ${grown.engine.toFixed(3)}, runner × ${grown.runner.toFixed(3)}`,
      ...faults.slice(0, 20),
    ].join('\n'),
  )
  expect(faults).toEqual([])
  expect(counts.get('whole') ?? 0).toBeGreaterThan(0)
  expect(actions.get('kill') ?? 0).toBeGreaterThan(0)
  await until('nobody is counted anywhere', async () => {
    const isIdle = (await node.runners()).every(({ active }) => active === 0)
    const instances = await json(await fetch(`${node.gateway}/api/v1/instances`))
    const list = instances['instances'] as { activeRequests: number }[]
    return isIdle && list.every(({ activeRequests }) => activeRequests === 0)
  })
  const processes = (await node.process.tree()).filter(({ command }) =>
    command.includes('runner-process'),
  )
  expect(processes.map(({ pid }) => pid).toSorted()).toEqual(
    (await node.runners()).map(({ pid }) => pid).toSorted(),
  )
  expect((await node.embedded()).pid).toBe(enginePid)
  expect(await modelNames()).toEqual(names)
  const blobs = await readdir(directory.inside('models/blobs'))
  expect(blobs.filter((name) => !name.startsWith('sha256-'))).toEqual([])
  for (const process of ['gateway', 'engine', 'runner'] as const) {
    expect(grown[process], process).toBeLessThan(memoryGrowthMax[process])
  }
})
