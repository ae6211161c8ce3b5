/** Three engines of which one is always well, a hundred faults in the others, and clients that check every answer. */
import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkEngine } from '../../../src/fake-engine/check/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { type Random, seededRandom } from '../../../src/sys/random.ts'
import { type FakeOllama, type Faults, startFakeOllama } from '../../support/fake-ollama/start.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { type RunningNode, startRunningNode } from './running-node.ts'

const seed = Number(process.env['OD_TEST_FAULTS_SEED'] ?? 1)
const requests = 10_000
const clients = 64
const faultsInAll = 100
const answerTokens = 10
const fakeOptions = {
  models: [{ name: 'tiny' }],
  tokens: 'indexed',
  answerTokens,
  tokenIntervalMs: 14, // so that the clients are at work for as long as there are faults
  parallel: 64,
} as const

/** What a fault is, by its name; `token` is where in an answer it strikes. */
const kinds: readonly ((token: number, random: Random) => Faults | 'kill')[] = [
  () => ({ refuseConnections: true }),
  () => ({ hang: 'all' }),
  () => ({ hang: 'inference' }),
  () => ({ headerDelayMs: 300 }),
  (token) => ({ answer: { type: 'cut', afterTokens: token } }),
  (token) => ({ answer: { type: 'cutInLine', afterTokens: token } }),
  (token) => ({ answer: { type: 'runnerDies', afterTokens: token } }),
  (token) => ({ answer: { type: 'garbage', afterTokens: token } }),
  (token) => ({ answer: { type: 'wrongBytes', afterTokens: token } }),
  (token) => ({ answer: { type: 'noTerminator', afterTokens: token } }),
  (token) => ({ answer: { type: 'stall', afterTokens: token } }),
  () => ({ tokenDelayMs: 50 }),
  (_, random) => {
    const refusal = { status: 500, error: 'something went wrong' }
    return { refuseSome: { probability: 0.5, seed: Math.floor(random.number() * 1e6), ...refusal } }
  },
  () => ({ psLies: { adds: ['other'], hides: ['tiny'] } }),
  () => 'kill',
]

let directory: TemporaryDirectory
let fakes: FakeOllama[]
let node: RunningNode
/** Requests that a fault struck, of fakes that are gone already. */
let struckBefore: number

beforeEach(async () => {
  directory = await makeTemporaryDirectory()
  struckBefore = 0
  fakes = await Promise.all([0, 1, 2].map(() => startFakeOllama(fakeOptions)))
  const file = directory.inside('ollama-distributed.yaml')
  const remotes = fakes.map(({ url }, i) => `e${i}: "${url}"`).join(', ')
  await writeFile(
    file,
    `ollama: { max_concurrent: 32 }
engines: { remote: { ${remotes} } }
integration:
  process_manager: { auto_start: false, health_check_interval: "1s" }
  api_gateway: { load_balancing: round_robin }
`,
  )
  node = await startRunningNode({ dataDir: directory.path, args: ['--config', file] })
})

afterEach(async () => {
  await node.stop()
  for (const fake of fakes) await fake.stop()
  await directory.remove()
})

const struck = async (fake: FakeOllama | undefined) =>
  ((await fake?.requests()) ?? []).filter(({ faults }) => faults.length > 0).length

const waitMs = (ms: number) =>
  new Promise<void>((resolve) => {
    systemClock.after(ms, resolve)
  })

/** Faults for one engine to be the well one, which then changes. */
const faultsOfTurn = 10

/** One fault after the other in the engines but one, which is in use all the time; each is taken back before the next. */
async function plague(random: Random, faults: number): Promise<void> {
  for (let i = 0; i < faults; i++) {
    if (i % faultsOfTurn === 0) await untilAllRun()
    const well = Math.floor(i / faultsOfTurn) % fakes.length
    const sick = (well + 1 + Math.floor(random.number() * (fakes.length - 1))) % fakes.length
    const kind = kinds[i % kinds.length]
    const fault = kind?.(Math.floor(random.number() * answerTokens), random) ?? {}
    const fake = fakes[sick]
    const lastsMs = 60 + random.number() * 240
    if (fault === 'kill' && fake !== undefined) {
      struckBefore += (await struck(fake)) + (await fake.stats()).active
      await fake.kill()
      await waitMs(lastsMs)
      fakes[sick] = await startFakeOllama({ ...fakeOptions, port: fake.port })
    } else if (fault !== 'kill') {
      await fake?.set(fault)
      await waitMs(lastsMs)
      await fake?.set({})
    }
  }
}

test('S-081 (part: engines): 10,000 checked answers through 100 faults: none fails before its first byte, none is cut in silence', async () => {
  const plagued = plague(seededRandom(seed), faultsInAll).then(untilBack)
  const summary = await checkEngine({
    baseUrl: node.gateway,
    model: 'tiny',
    requests,
    clients,
    isIndexed: true,
    tokensMax: 64,
    silenceMs: 30_000,
    clock: systemClock,
    signal: new AbortController().signal,
  })
  const idleAfterMs = await untilIdle()
  const backAfterMs = await plagued
  const hits = struckBefore + (await Promise.all(fakes.map(struck))).reduce((a, b) => a + b, 0)
  const log = await readFile(directory.inside('logs/node.log'), 'utf8')
  const retries = log.split('\n').filter((line) => line.includes('"engine.failed"')).length
  const refused = log.split('\n').filter((line) => line.includes('"retry.refused"')).length
  console.log(
    `seed ${seed}: ${JSON.stringify(summary.classes)} in ${Math.round(summary.elapsedMs)} ms, ${hits} requests struck, ` +
      `${retries} tries failed, ${refused} not afforded, idle after ${idleAfterMs} ms, all back after ${backAfterMs} ms`,
  )
  expect(summary.examples.filter((one) => one.class !== 'broken')).toEqual([])
  expect(summary.classes).toMatchObject({ failed: 0, truncated: 0, corrupted: 0, refused: 0 })
  expect(summary.answers).toBe(requests)
  expect(hits).toBeGreaterThanOrEqual(200)
  expect(retries).toBeLessThanOrEqual(requests / 5)
  expect(backAfterMs).toBeLessThanOrEqual(1_000)
}, 300_000)

/** No engine works on for a client that has left; milliseconds until that was seen. */
async function untilIdle(): Promise<number> {
  const startMs = performance.now()
  await until('the engines to work for nobody', allIdle, { timeoutMs: 2_000 })
  return Math.round(performance.now() - startMs)
}

async function allIdle(): Promise<boolean> {
  const stats = await Promise.all(fakes.map((fake) => fake.stats()))
  return stats.every(({ active }) => active === 0)
}

async function untilAllRun(): Promise<void> {
  await until('all engines to run', async () =>
    (await node.instances()).every(({ state }) => state === 'running'),
  )
}

/** Milliseconds from the moment at which all answer probes until each has made a token. */
async function untilBack(): Promise<number> {
  await untilAllRun()
  const startMs = performance.now()
  const made = () => Promise.all(fakes.map(async (fake) => (await fake.stats()).tokensMade))
  const before = await made()
  const areBack = async () => {
    // The clients may be done by then.
    await (await node.post('/api/generate', { model: 'tiny', prompt: 'x', stream: false })).text()
    return (await made()).every((count, i) => count > (before[i] ?? 0))
  }
  await until('all to be in rotation', areBack)
  return Math.round(performance.now() - startMs)
}
