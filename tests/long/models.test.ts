/**
 * Three models, memory for two, real runners: a skewed trace (Zipf 1 : 1/2 : 1/3, seeded) by three clients, once with each
 * order of eviction; and the list of loaded models against the system's own count of their memory, at 100 random moments.
 */
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
const clients = 3
const looks = 100

/** By popularity. Which of them Ollama's order keeps depends on the hash of their weights. */
const sizes = {
  often: { layers: 6, width: 768 },
  sometimes: { layers: 6, width: 640 },
  seldom: { layers: 6, width: 512 },
} as const
const modelNames = Object.keys(sizes)

let directory: TemporaryDirectory
beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  for (const [name, size] of Object.entries(sizes)) {
    writeRandomModel(directory.inside(name), { ...size, contextTokens: 2048 })
  }
})
afterAll(() => directory.remove())

interface Look {
  readonly told: number
  readonly measured: number
}

async function replay(eviction: EvictionOrder) {
  let [loads, evictions, loadMs] = [0, 0, 0]
  const info: typeof silentLog.info = (_facts, event) => {
    if (event === 'runner.loaded') loads++
    if (event === 'runner.exited') evictions++
  }
  const log = { ...silentLog, info }
  const engine = await startTestEngine(undefined, log, { residentsMax: 2, eviction })
  for (const name of modelNames) await createModel(engine.modelDir, name, directory.inside(name))
  const looksTaken: Look[] = []
  const look = async () => {
    const { runners } = (await engine.json('/api/od/runners')) as { runners: { pid: number }[] }
    const before = runners.reduce((sum, { pid }) => sum + residentBytesOf(pid), 0)
    const { models } = (await engine.json('/api/ps')) as { models: { size: number }[] }
    const after = runners.reduce((sum, { pid }) => sum + residentBytesOf(pid), 0)
    const isSteady = models.length === runners.length && Math.abs(after - before) < before * 0.02
    const told = models.reduce((sum, { size }) => sum + size, 0)
    if (isSteady && before > 0) looksTaken.push({ told, measured: after })
  }
  const random = seededRandom(seed)
  const trace = Array.from({ length: requests }, () => {
    const dice = random.number() * (1 + 1 / 2 + 1 / 3)
    return modelNames[dice < 1 ? 0 : dice < 1.5 ? 1 : 2]
  })
  let next = 0
  const client = async () => {
    for (let turn = next++; turn < requests; turn = next++) {
      const body = { model: trace[turn], prompt: `Turn ${turn}`, stream: false }
      const answer = await engine.json('/api/generate', { ...body, options: { num_predict: 4 } })
      expect(answer).toMatchObject({ done: true })
      loadMs += Number(answer['load_duration']) / 1e6
      if (looksTaken.length < looks && random.number() < 0.5) await look()
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const evictionsUntilNow = evictions
  await engine.stop()
  return { loads, evictions: evictionsUntilNow, waitMs: loadMs / requests, looks: looksTaken }
}

test(`${requests} requests to three models with room for two: the least useful goes, so there are no more loads and less waiting; the list tells what the processes hold`, {
  timeout: 60 * 60_000,
}, async () => {
  const theirs = await replay('ollama')
  const ours = await replay('least-useful')
  const off = [...theirs.looks, ...ours.looks].map(
    ({ told, measured }) => Math.abs(told - measured) / measured,
  )
  for (const [name, { loads, evictions, waitMs }] of Object.entries({ theirs, ours })) {
    console.log(
      `${name}: ${loads} loads, ${evictions} evictions, ${waitMs.toFixed(0)} ms mean wait`,
    )
  }
  console.log(
    `${off.length} looks at the list: at most ${(Math.max(...off) * 100).toFixed(1)} % beside what the system counts`,
  )
  expect(ours.loads).toBeLessThanOrEqual(theirs.loads)
  expect(ours.waitMs).toBeLessThan(theirs.waitMs)
  if (requests >= 1_000) expect(off.length).toBeGreaterThanOrEqual(looks)
  expect(Math.max(...off)).toBeLessThan(0.05)
})
