import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../src/sys/random.ts'
import { writeRandomModel } from '../../tools/random-gguf/random-model.ts'
import { type RunningNode, startRunningNode } from '../integration/node/running-node.ts'
import { smollm2 } from '../smollm2/weights.ts'
import { createModel } from '../support/create-model.ts'
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts'
import { until } from '../support/until.ts'
import { growth, type MemorySample, memoryLines, residentBytesOf } from './soak/memory.ts'
import { Tally } from './soak/tally.ts'
import { act, embedInput, type Ground, pickAction } from './soak/traffic.ts'

const minutes = Number(process.env['OD_TEST_SOAK_MINUTES'] ?? 120)
const seed = Number(process.env['OD_TEST_SOAK_SEED'] ?? 1)
const clients = 4
const samples = 120
/** In a shorter run a quarter holds no collection of the engine's whole heap, so its memory says nothing yet. */
const judgedFromMinutes = 20
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

/** Nobody is counted anywhere, every runner process is one that the engine knows, the store is as it was before. */
async function expectAsBefore(names: readonly string[], enginePid: number): Promise<void> {
  await until('nobody is counted', async () => {
    const counts = (await node.runners()).map(({ active }) => active)
    const { instances } = await json(await fetch(`${node.gateway}/api/v1/instances`))
    const list = instances as { activeRequests: number }[]
    return [...counts, ...list.map(({ activeRequests }) => activeRequests)].every((n) => n === 0)
  })
  await until('no runner is left that the engine does not know', async () => {
    const known = (await node.runners()).map(({ pid }) => pid)
    const all = (await node.process.tree()).filter(({ command }) => command.includes('runner-pro'))
    return all.length === known.length && all.every(({ pid }) => known.includes(pid))
  })
  expect((await node.embedded()).pid).toBe(enginePid)
  expect(await modelNames()).toEqual(names)
  const blobs = await readdir(directory.inside('models/blobs'))
  expect(blobs.filter((name) => !name.startsWith('sha256-'))).toEqual([])
}

test(`${minutes} minutes of mixed traffic with cancels, loads, unloads and kills: every answer is whole or a named error`, {
  timeout: (minutes + 5) * 60_000,
}, async () => {
  const names = await modelNames()
  const ground = await groundOf(names)
  const enginePid = (await node.embedded()).pid ?? 0
  const memory: MemorySample[] = []
  const tally = new Tally()
  const startedMs = performance.now()
  const lastedMs = () => performance.now() - startedMs
  const endMs = minutes * 60_000
  const runClient = async (client: number) => {
    const random = seededRandom(seed * 1_000 + client)
    for (let turn = 0; lastedMs() < endMs; turn++) {
      const action = pickAction(random)
      const where = `client ${client}, turn ${turn}, ${(lastedMs() / 1000).toFixed(0)} s`
      tally.note(action, await act(action, ground, random, `own-${client}`), where)
      const isDue = client === 0 && lastedMs() > (memory.length * endMs) / samples
      if (isDue) memory.push(await memoryNow(enginePid))
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, client) => runClient(client)))

  const title = `${minutes} minutes, seed ${seed}`
  console.log([title, ...tally.lines(), ...memoryLines(memory)].join('\n'))
  // Softly: whatever one answer was, what hours have left behind is looked at all the same.
  expect.soft(tally.faults).toEqual([])
  expect.soft(tally.outcomes.get('whole') ?? 0).toBeGreaterThan(0)
  expect.soft(tally.outcomes.get('runner killed') ?? 0).toBeGreaterThan(0)
  await expectAsBefore(names, enginePid)
  if (minutes < judgedFromMinutes) return
  const grown = growth(memory)
  for (const process of ['gateway', 'engine', 'runner'] as const) {
    expect(grown[process], process).toBeLessThan(memoryGrowthMax[process])
  }
})
