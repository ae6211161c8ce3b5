/**
 * Three models, room for two, real runners: a skewed trace (Zipf 1 : 1/2 : 1/3, seeded) one request after the other, with each order
 * of eviction. Ollama's depends on the hashes of the weights, so each of the models is once the one that it gives up first. And the list of loaded models against the system's own count of their memory, at 100 random moments.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EvictionOrder } from '../../src/engine/embedded/index.ts'
import { silentLog } from '../../src/sys/log.ts'
import { seededRandom } from '../../src/sys/random.ts'
import { writeRandomModel } from '../../tools/random-gguf/random-model.ts'
import { startTestEngine } from '../integration/engine/test-engine.ts'
import { createModel } from '../support/create-model.ts'
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts'
import { residentBytesOf } from './soak/memory.ts'

const requests = Number(process.env['OD_TEST_MODELS_REQUESTS'] ?? 1_000)
const seed = Number(process.env['OD_TEST_MODELS_SEED'] ?? 1)
/** Several that ask without a pause keep all models busy, so that there is no choice of what goes. */
const clients = Number(process.env['OD_TEST_MODELS_CLIENTS'] ?? 1)
const looks = 100

/** By popularity. */
const sizes = {
  often: { layers: 6, width: 768 },
  sometimes: { layers: 6, width: 640 },
  seldom: { layers: 6, width: 512 },
} as const
type ModelName = keyof typeof sizes
const modelNames = Object.keys(sizes) as ModelName[]
const write = (name: ModelName, contextTokens: number) =>
  writeRandomModel(directory.inside(name), { ...sizes[name], contextTokens })
const hashOf = (name: ModelName) =>
  createHash('sha256')
    .update(readFileSync(directory.inside(name)))
    .digest('hex')

/** Has the weights of that model come first by their hash: another length of context in the header gives another one. */
function putFirst(first: ModelName): void {
  const others = modelNames.filter((name) => name !== first).map(hashOf)
  for (let tokens = 2048; others.some((other) => other < hashOf(first)); tokens++) {
    write(first, tokens)
  }
}

let directory: TemporaryDirectory
beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  for (const name of modelNames) write(name, 2048)
})
afterAll(() => directory.remove())

interface Look {
  readonly told: number
  readonly measured: number
}

/** One engine at a time is given a request of the trace, so that both orders meet the same moments of the machine. */
async function startReplay(eviction: EvictionOrder) {
  const count = { loads: 0, evictions: 0 }
  const info: typeof silentLog.info = (_facts, event) => {
    if (event === 'runner.loaded') count.loads++
    if (event === 'runner.exited') count.evictions++
  }
  const log = { ...silentLog, info }
  const engine = await startTestEngine(undefined, log, { residentsMax: 2, eviction })
  for (const name of modelNames) await createModel(engine.modelDir, name, directory.inside(name))
  const looksTaken: Look[] = []
  const pids = async () => {
    const { runners } = (await engine.json('/api/od/runners')) as { runners: { pid: number }[] }
    return runners.map(({ pid }) => pid)
  }
  const measure = (of: readonly number[]) => of.reduce((sum, pid) => sum + residentBytesOf(pid), 0)
  let loadMs = 0
  return {
    async ask(model: ModelName, turn: number): Promise<void> {
      const body = { model, prompt: `Turn ${turn}`, stream: false }
      const answer = await engine.json('/api/generate', { ...body, options: { num_predict: 4 } })
      expect(answer).toMatchObject({ done: true })
      loadMs += Number(answer['load_duration']) / 1e6
    },
    /** What the list tells counts where the same runners held the same before and after it. */
    async look(): Promise<void> {
      const first = await pids()
      const before = measure(first)
      const { models } = (await engine.json('/api/ps')) as { models: { size: number }[] }
      const last = await pids()
      const after = measure(last)
      const isSame = first.join() === last.join() && models.length === last.length
      const isSteady = isSame && Math.abs(after - before) < before * 0.02
      const told = models.reduce((sum, { size }) => sum + size, 0)
      if (isSteady && before > 0) looksTaken.push({ told, measured: after })
    },
    async end() {
      const { loads, evictions } = count // before the last runners are stopped
      await engine.stop()
      return { loads, evictions, waitMs: loadMs / requests, seen: looksTaken }
    },
  }
}

async function replayBoth() {
  const both = [await startReplay('ollama'), await startReplay('least-useful')] as const
  const random = seededRandom(seed)
  const trace = Array.from({ length: requests }, () => {
    const dice = random.number() * (1 + 1 / 2 + 1 / 3)
    return dice < 1 ? 'often' : dice < 1.5 ? 'sometimes' : 'seldom'
  })
  let next = 0
  const client = async () => {
    for (let turn = next++; turn < requests; turn = next++) {
      const order = turn % 2 === 0 ? both : both.toReversed()
      for (const replay of order) {
        await replay.ask(trace[turn] ?? 'often', turn)
        if (random.number() < (looks / requests) * 0.5) await replay.look()
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return [await both[0].end(), await both[1].end()] as const
}

test(`${requests} requests to three models with room for two: the least useful goes, so there are no more loads and less waiting; the list tells what the processes hold`, {
  timeout: 3 * 60 * 60_000,
}, async () => {
  const total = { loads: [0, 0], waitMs: [0, 0] }
  const off: number[] = []
  for (const first of modelNames) {
    putFirst(first)
    for (const [index, { loads, evictions, waitMs, seen }] of (await replayBoth()).entries()) {
      total.loads[index] = (total.loads[index] ?? 0) + loads
      total.waitMs[index] = (total.waitMs[index] ?? 0) + waitMs
      off.push(...seen.map(({ told, measured }) => Math.abs(told - measured) / measured))
      console.log(
        `${first} first by hash, ${['Ollama’s order', 'ours'][index]}: ${loads} loads, ${evictions} evictions, ${waitMs.toFixed(0)} ms mean wait`,
      )
    }
  }
  console.log(
    `${off.length} looks at the list: at most ${(Math.max(...off) * 100).toFixed(1)} % beside what the system counts`,
  )
  const [theirs, ours] = [0, 1].map((index) => ({
    loads: total.loads[index] ?? 0,
    waitMs: total.waitMs[index] ?? 0,
  }))
  expect(ours?.loads).toBeLessThanOrEqual(theirs?.loads ?? 0)
  expect(ours?.waitMs).toBeLessThan(theirs?.waitMs ?? 0)
  expect(off.length).toBeGreaterThanOrEqual(looks)
  expect(Math.max(...off)).toBeLessThan(0.05)
})
