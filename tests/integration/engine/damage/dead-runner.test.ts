import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Log, silentLog } from '../../../../src/sys/log.ts'
import { systemDisk } from '../../../../src/sys/store-files.ts'
import { writeRandomModel } from '../../../../tools/random-gguf/random-model.ts'
import { createModel } from '../../../support/create-model.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../../support/temporary-directory.ts'
import { until } from '../../../support/until.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { replaceText, withTwins } from './changed-texts.ts'

interface Logged {
  readonly event: string
  readonly reason?: string
  readonly signal?: string | null
  readonly stderr?: readonly string[]
}

const logged: Logged[] = []
const note = (fields: object, event: string) => void logged.push({ ...fields, event })
const log: Log = { ...silentLog, info: note, warn: note, child: () => log }

let engine: TestEngine
let directory: TemporaryDirectory

beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  engine = await startTestEngine(systemDisk, log)
  const add = async (name: string, change: (bytes: Buffer) => Buffer) => {
    const path = directory.inside(`${name}.gguf`)
    writeRandomModel(path, { layers: 2, width: 64, contextTokens: 256 })
    writeFileSync(path, change(readFileSync(path)))
    await createModel(engine.modelDir, name, path)
  }
  await add('twins', withTwins)
  await add('headless', (bytes) => replaceText(bytes, 'output_norm.weight', 'output_form.weight'))
  await add('pooled', withUnknownPooling)
})
afterAll(async () => {
  await engine.stop()
  await directory.remove()
})

/** The size of the vocabulary, 1,024, becomes the kind of pooling; two letters less elsewhere keep all tensors in place. */
function withUnknownPooling(bytes: Buffer): Buffer {
  const shorter = replaceText(bytes, 'random', 'rand')
  return replaceText(shorter, 'llama.vocab_size', 'llama.pooling_type')
}

async function failure(path: string, body: object): Promise<unknown> {
  const response = await engine.post(path, { stream: false, ...body })
  expect(response.status).toBe(500)
  return ((await response.json()) as { error: unknown }).error
}

const lastLogged = (event: string) => logged.findLast((one) => one.event === event)

describe('a model that makes llama.cpp abort', () => {
  test('while it loads: the assertion is in the error, all that the runner said is in the log', async () => {
    const assertion = 'GGML_ASSERT(id_to_token.size() == token_to_id.size()) failed'
    const text = `llama runner process has terminated: ${assertion}`
    expect(await failure('/api/generate', { model: 'twins', prompt: 'x' })).toBe(text)
    const entry = lastLogged('runner.load-failed')
    expect(entry).toMatchObject({ reason: text, signal: 'SIGABRT' })
    expect(entry?.stderr?.length).toBeGreaterThan(10)
    expect(entry?.stderr?.some((line) => line.endsWith(assertion))).toBe(true)
  })

  test('in a request: the same', async () => {
    const text = 'an error was encountered while running the model: unknown pooling type'
    expect(await failure('/api/embed', { model: 'pooled', input: 'x' })).toBe(text)
    expect(lastLogged('runner.died')).toMatchObject({ reason: text, signal: 'SIGABRT' })
  })
})

test("a file that llama.cpp refuses: its reason is in the error, the runner's process is gone", async () => {
  expect(await failure('/api/generate', { model: 'headless', prompt: 'x' })).toBe(
    "unable to load model: llama.cpp refused the file: error loading model: check_tensor_dims: tensor 'output_norm.weight' not found",
  )
  expect((await engine.json('/api/od/runners'))['runners']).toEqual([])
})

test.each<[NodeJS.Signals]>([['SIGABRT'], ['SIGSEGV']])(
  'a runner that ends by %s without a word: the error is that of Ollama, the log has the signal',
  async (signal) => {
    const body = { model: 'pocket', prompt: 'Count to 100.', options: { num_predict: 900 } }
    const answer = engine.post('/api/generate', body)
    const runner = await until('an answer is being made', async () => {
      const { runners } = (await engine.json('/api/od/runners')) as {
        runners: { pid: number; tokensMade: number }[]
      }
      return runners.find(({ tokensMade }) => tokensMade > 3)
    })
    process.kill(runner.pid, signal)
    const lines = (await (await answer).text()).trimEnd().split('\n')
    const error = 'an error was encountered while running the model: unexpected EOF'
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ error })
    expect(lastLogged('runner.died')).toMatchObject({ reason: error, signal })
  },
)

test('the engine goes on, and an unloaded runner is no dead one', async () => {
  const deaths = logged.filter(({ event }) => event === 'runner.died').length
  const body = { model: 'pocket', prompt: 'What does a horse say?', stream: false, keep_alive: 0 }
  expect(await engine.json('/api/generate', body)).toMatchObject({
    response: 'A horse says neigh.',
  })
  await until('it is unloaded', () => logged.at(-1)?.event === 'runner.exited')
  expect(logged.filter(({ event }) => event === 'runner.died').length).toBe(deaths)
})
