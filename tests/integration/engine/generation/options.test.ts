/** Every option of Ollama: what it does, or that it is taken and the log says why nothing comes of it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Log, silentLog } from '../../../../src/sys/log.ts'
import { systemDisk } from '../../../../src/sys/store-files.ts'
import { optionNames } from '../../../../src/wire/ollama/options.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'

let engine: TestEngine
let ignored: unknown[] = []
const log: Log = {
  ...silentLog,
  warn: (fields, event) => void (event === 'options.ignored' && ignored.push(fields)),
}

beforeAll(async () => {
  engine = await startTestEngine(systemDisk, log)
})
afterAll(() => engine.stop())
afterEach(() => {
  ignored = []
})

interface Told {
  readonly text: string
  readonly made: number
  readonly reason: string
}

async function answer(options: object, more: object = {}): Promise<Told> {
  const request = { model: 'pocket', prompt: 'Tell me a story.', stream: false, ...more }
  const told = await engine.json('/api/generate', {
    ...request,
    options: { num_predict: 24, ...options },
  })
  expect(told).not.toHaveProperty('error')
  return {
    text: String(told['response']),
    made: Number(told['eval_count']),
    reason: String(told['done_reason']),
  }
}

async function runnerPid(): Promise<number | undefined> {
  const { runners } = (await engine.json('/api/od/runners')) as { runners: { pid: number }[] }
  return runners.at(-1)?.pid
}

const hot = { temperature: 50, top_k: 0, top_p: 1, seed: 1 }
const greedy = { temperature: 0 }
const full = { num_ctx: 64, temperature: 0, num_predict: 90 }

/** Two sets of options that differ in one, and whose answers must differ. */
const changes: Record<string, readonly [one: object, other: object]> = {
  seed: [hot, { ...hot, seed: 2 }],
  temperature: [{ ...hot, temperature: 0 }, hot],
  top_k: [hot, { ...hot, top_k: 1 }],
  top_p: [hot, { ...hot, top_p: 1e-6 }],
  min_p: [hot, { ...hot, min_p: 1 }],
  typical_p: [hot, { ...hot, typical_p: 1e-6 }],
  repeat_penalty: [greedy, { ...greedy, repeat_penalty: 1e6 }],
  presence_penalty: [greedy, { ...greedy, presence_penalty: 1e3 }],
  frequency_penalty: [greedy, { ...greedy, frequency_penalty: 1e3 }],
  repeat_last_n: [
    { ...greedy, repeat_penalty: 1e6 },
    { ...greedy, repeat_penalty: 1e6, repeat_last_n: 1 },
  ],
  stop: [greedy, { ...greedy, stop: ['e'] }],
  num_predict: [greedy, { ...greedy, num_predict: 3 }],
  num_keep: [
    { ...full, num_keep: 0 },
    { ...full, num_keep: 50 },
  ],
}

/** Options of the load, each with a value that is not the default. */
const loads: Record<string, unknown> = {
  num_ctx: 300,
  num_batch: 64,
  num_gpu: 0,
  main_gpu: 1,
  use_mmap: false,
}

/** The engine of the tests has one core, so that there is nothing to choose; `load-options.test.ts` has more. */
const elsewhere = ['num_thread']

/** Taken, and nothing comes of it: there is no model that drafts. */
const quiet = ['draft_num_predict']

test('every option is in one of the tables', () => {
  const all = [...Object.keys(changes), ...Object.keys(loads), ...elsewhere, ...quiet]
  expect(all.toSorted()).toEqual(optionNames.toSorted())
})

describe('S-034 (part: options): an option of the answer changes it', () => {
  test.each(Object.entries(changes))('%s', async (_name, [one, other]) => {
    const [first, second] = [await answer(one), await answer(other)]
    expect(second).not.toEqual(first)
    expect(ignored).toEqual([])
  })
})

describe('S-034 (part: options): an option of the load has the model loaded anew, once', () => {
  test.each(Object.entries(loads))('%s', async (name, value) => {
    await answer(greedy)
    const before = await runnerPid()
    await answer(greedy)
    expect(await runnerPid()).toBe(before)
    await answer({ ...greedy, [name]: value })
    const after = await runnerPid()
    expect(after).not.toBe(before)
    await answer({ ...greedy, [name]: value })
    expect(await runnerPid()).toBe(after)
  })
})

test.each([-1, 0, 1, 2, 3])(
  'num_batch: %i, fewer than may answer at a time, answers as the usual one',
  async (num_batch) => {
    expect(await answer({ ...greedy, num_batch })).toEqual(await answer(greedy))
  },
)

test('who leaves the layers of the GPU or the mapping of the file open takes what is there', async () => {
  for (const options of [{ num_gpu: 0 }, { use_mmap: false }]) {
    await answer({ ...greedy, ...options })
    const before = await runnerPid()
    await answer(greedy)
    expect(await runnerPid()).toBe(before)
  }
})

test.each(quiet)('%s is taken in silence', async (name) => {
  const plain = await answer(greedy)
  const before = await runnerPid()
  expect(await answer({ ...greedy, [name]: 3 })).toEqual(plain)
  expect(await runnerPid()).toBe(before)
  expect(ignored).toEqual([])
})

test.each([
  ['mirostat', 2],
  ['mirostat_tau', 5],
  ['mirostat_eta', 0.1],
  ['tfs_z', 0.5],
  ['penalize_newline', true],
  ['numa', true],
  ['low_vram', true],
  ['f16_kv', false],
  ['vocab_only', true],
  ['use_mlock', true],
  ['nobody_knows', { a: [1] }],
])('%s is ignored, and the log says so', async (name, value) => {
  const plain = await answer(greedy)
  expect(await answer({ ...greedy, [name]: value })).toEqual(plain)
  expect(ignored).toEqual([{ model: 'pocket:latest', options: [name] }])
})

test('a log takes no more than a few short names of what a client made up', async () => {
  const options = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`${index}-${'x'.repeat(500)}`, 1]),
  )
  await answer({ ...greedy, ...options })
  expect(JSON.stringify(ignored).length).toBeLessThan(2_000)
})

describe('without a bound of its own an answer has ten contexts', () => {
  const endless = { type: 'array', items: { type: 'string', maxLength: 20 }, minItems: 900 }

  test.each([0, -1, -2, 100_000])('num_predict %i', async (num_predict) => {
    const told = await answer(
      { num_ctx: 16, ...greedy, num_predict },
      { format: endless, raw: true, prompt: 'spell river' },
    )
    expect(told).toMatchObject({ reason: 'length', made: 160 })
  })
})
