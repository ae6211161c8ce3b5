import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { seededRandom } from '../../../../src/sys/random.ts'
import { writeRandomModel } from '../../../../tools/random-gguf/random-model.ts'
import { makeTemporaryDirectory } from '../../../support/temporary-directory.ts'
import { ask, blobFiles, modelNames, pocketFile, sha256 } from '../manage/manage-engine.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { cut, mutate, type SoundFile, soundFile } from './damaged-file.ts'
import { watchRunnerMemory } from './runner-memory.ts'

/** What became of a damaged file; an error of each kind has a text of ours or Ollama's. */
type Fate = 'refused by create' | 'refused by load' | 'runner died' | 'answered'

interface Case {
  readonly name: string
  readonly fate: Fate
  readonly error: string
  readonly durationMs: number
  readonly runnerBytes: number
}

const refusalMsMax = 1_000
const extraBytesMax = 200 * 1024 * 1024

/** Gives damaged files to a real engine, as a client would: upload, create, and where that is accepted, one token. */
export async function startDamageCampaign() {
  const engine = await startTestEngine()
  const directory = await makeTemporaryDirectory()
  const tiny = directory.inside('tiny.gguf')
  writeRandomModel(tiny, { layers: 2, width: 64, contextTokens: 256 })
  const files = [pocketFile, tiny].map((path) => soundFile(readFileSync(path)))
  const kinds = { 'cut off': cut, 'changed in the header': mutate }
  return {
    /** Damages `count` files in one way, prints what became of them and fails, naming the seed, when one did harm. */
    async run(kind: keyof typeof kinds, count: number, seed: number): Promise<void> {
      const soundRunnerBytes = await soundAnswer(engine)
      const ownBytes = process.memoryUsage.rss()
      const cases: Case[] = []
      for (let index = 0; index < count; index++) {
        const name = `${kind}, seed ${seed + index}`
        const bytes = damaged(kinds[kind], files[index % files.length], seed + index)
        cases.push(await named(name, () => give(engine, name, bytes)))
      }
      report(kind, cases, { soundRunnerBytes, ownBytes: process.memoryUsage.rss() - ownBytes })
      await soundAnswer(engine)
    },
    async stop(): Promise<void> {
      await engine.stop()
      await directory.remove()
    },
  }
}

/** Another file than the sound one: changes may undo each other, or change nothing. */
function damaged(
  damage: typeof mutate,
  file: SoundFile | undefined,
  seed: number,
): Buffer<ArrayBuffer> {
  if (file === undefined) throw new Error('no file')
  const random = seededRandom(seed)
  for (;;) {
    const bytes = damage(file, random)
    if (!bytes.equals(file.bytes)) return bytes
  }
}

/** The bundled model must answer; gives what its runner needed of memory. */
async function soundAnswer(engine: TestEngine): Promise<number> {
  const memory = watchRunnerMemory()
  const body = { model: 'pocket', prompt: 'What does a horse say?', stream: false, keep_alive: 0 }
  expect(await engine.json('/api/generate', body)).toMatchObject({
    response: 'A horse says neigh.',
  })
  return memory.stop()
}

async function named<Value>(name: string, action: () => Promise<Value>): Promise<Value> {
  try {
    return await action()
  } catch (cause) {
    throw new Error(`${name}: ${String(cause)}`, { cause })
  }
}

/** Uploads a file, makes a model of it and asks for one token; then everything must be as it was. */
async function give(engine: TestEngine, name: string, bytes: Buffer<ArrayBuffer>): Promise<Case> {
  const digest = sha256(bytes)
  const memory = watchRunnerMemory()
  const upload = await ask(engine, 'POST', `/api/blobs/${digest}`, bytes)
  expect(upload.status).toBe(201)
  const startedMs = performance.now()
  const files = { 'm.gguf': digest }
  const created = await ask(engine, 'POST', '/api/create', { model: 'bad', files, stream: false })
  let answer = created
  if (created.status === 200) {
    expect(await modelNames(engine)).toEqual(['bad:latest', 'pocket:latest'])
    const body = { model: 'bad', prompt: 'Hi', raw: true, stream: false, keep_alive: 0 }
    answer = await ask(engine, 'POST', '/api/generate', { ...body, options: { num_predict: 1 } })
  }
  const durationMs = performance.now() - startedMs
  const runnerBytes = await memory.stop()
  const isCreated = created.status === 200
  if (isCreated) await ask(engine, 'DELETE', '/api/delete', { model: 'bad' })
  else await rm(join(engine.modelDir, 'blobs', digest.replace(':', '-')))
  expect(await modelNames(engine)).toEqual(['pocket:latest'])
  expect((await blobFiles(engine)).filter((name) => !name.startsWith('sha256-'))).toEqual([])
  const { error, done } = JSON.parse(answer.text) as { error?: string; done?: boolean }
  const fate = fateOf(isCreated, error)
  if (fate === 'answered') expect(done).toBe(true)
  else expect(error).toMatch(/\w/)
  return { name, fate, error: error ?? '', durationMs, runnerBytes }
}

function fateOf(isCreated: boolean, error: string | undefined): Fate {
  if (error === undefined) return 'answered'
  if (!isCreated) return 'refused by create'
  const isDead = /^(llama runner process has terminated|an error was encountered while running)/
  return isDead.test(error) ? 'runner died' : 'refused by load'
}

/** Prints the figures, and fails where they are out of bounds. The slowest hundredth counts not: a busy machine may stop a test. */
function report(
  kind: string,
  cases: readonly Case[],
  { soundRunnerBytes, ownBytes }: { soundRunnerBytes: number; ownBytes: number },
): void {
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`
  const fates = Map.groupBy(cases, ({ fate }) => fate)
  const counts = [...fates].map(([fate, { length }]) => `${length} ${fate}`)
  const refusals = cases.filter(({ fate }) => fate !== 'answered')
  const timesMs = refusals.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)
  const runnerBytes = Math.max(0, ...cases.map((one) => one.runnerBytes))
  console.log(
    `${cases.length} files ${kind}: ${counts.join(', ')}; errors within p50 ${timesMs[Math.floor(timesMs.length / 2)]?.toFixed(0)} ms, ` +
      `worst ${timesMs.at(-1)?.toFixed(0)} ms; runner ${mib(runnerBytes)} (sound ${mib(soundRunnerBytes)}), engine +${mib(ownBytes)}`,
  )
  for (const { name, fate, error, durationMs } of refusals) {
    const isOdd = fate === 'runner died' || durationMs > refusalMsMax
    if (isOdd) console.log(`  ${name}: ${fate} after ${durationMs.toFixed(0)} ms: ${error}`)
  }
  expect(timesMs.at(-Math.max(3, Math.ceil(timesMs.length / 100))) ?? 0).toBeLessThan(refusalMsMax)
  expect(runnerBytes - soundRunnerBytes).toBeLessThan(extraBytesMax)
  expect(ownBytes).toBeLessThan(extraBytesMax)
}
