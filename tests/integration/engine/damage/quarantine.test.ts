/** A file that our reader finds sound and that ends its runner at each load. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { type Log, silentLog } from '../../../../src/sys/log.ts'
import { systemDisk } from '../../../../src/sys/store-files.ts'
import { writeRandomModel } from '../../../../tools/random-gguf/random-model.ts'
import { createModel } from '../../../support/create-model.ts'
import { makeTemporaryDirectory } from '../../../support/temporary-directory.ts'
import { until } from '../../../support/until.ts'
import { startTestEngine } from '../test-engine.ts'
import { withTwins } from './changed-texts.ts'

/** An engine that has the models `pocket` and `twins`, and what its log says. */
async function startGround() {
  const events: string[] = []
  const note = (_: object, event: string) => void events.push(event)
  const log: Log = { ...silentLog, info: note, warn: note, error: note, child: () => log }
  const directory = await makeTemporaryDirectory()
  const engine = await startTestEngine(systemDisk, log)
  onTestFinished(async () => {
    await engine.stop()
    await directory.remove()
  })
  const path = directory.inside('twins.gguf')
  writeRandomModel(path, { layers: 2, width: 64, contextTokens: 256 })
  writeFileSync(path, withTwins(readFileSync(path)))
  await createModel(engine.modelDir, 'twins', path)
  const ask = async (model: string, more: object = {}) => {
    const body = { model, prompt: 'What does a horse say?', stream: false, ...more }
    const answer = await engine.post('/api/generate', body)
    const { error } = (await answer.json()) as { error?: string }
    return { status: answer.status, error }
  }
  const refusedUntil = async (model: string) => {
    const { models } = (await engine.json('/api/tags')) as {
      models: { name: string; refused_until?: string }[]
    }
    return models.find(({ name }) => name === model)?.refused_until
  }
  const count = (event: string) => events.filter((one) => one === event).length
  return { engine, ask, refusedUntil, count }
}

const died = {
  status: 500,
  error: expect.stringMatching(/^llama runner process has terminated: GGML_ASSERT/),
}
const refused = {
  status: 503,
  error: expect.stringMatching(/^the model is not loaded for another \d+ s: .* 3 times in a row, /),
}
const well = { status: 200, error: undefined }

test('A-111 (part: one node): a model that ends its runner at each load is refused after the third, by name; others answer', async () => {
  const { engine, ask, refusedUntil, count } = await startGround()
  for (let i = 0; i < 3; i++) {
    expect(await refusedUntil('twins:latest')).toBeUndefined()
    expect(await ask('twins')).toEqual(died)
    expect(await ask('pocket')).toEqual(well)
  }
  const asked = Array.from({ length: 10 }, () => ask('twins'))
  expect(await Promise.all(asked)).toEqual(asked.map(() => refused))
  expect([count('runner.load-failed'), count('model.quarantined')]).toEqual([3, 1])
  expect(Date.parse((await refusedUntil('twins:latest')) ?? '')).toBeGreaterThan(Date.now())
  expect(await refusedUntil('pocket:latest')).toBeUndefined()
  expect(await ask('pocket')).toEqual(well)
  // whoever asks with options of his own keeps nobody from anything
  expect(await ask('twins', { options: { num_ctx: 64 } })).toEqual(died)
  await engine.post('/api/generate', { model: 'twins', keep_alive: 0 })
  expect(await refusedUntil('twins:latest')).toBeUndefined()
  expect(await ask('twins')).toEqual(died)
})

test('other files under its name are tried at once', async () => {
  const { engine, ask, count } = await startGround()
  for (let i = 0; i < 3; i++) expect(await ask('twins')).toEqual(died)
  expect(await ask('twins')).toEqual(refused)
  await engine.post('/api/copy', { source: 'pocket', destination: 'twins' })
  expect(await ask('twins')).toEqual(well)
  expect(count('runner.load-failed')).toBe(3)
})

test('a runner that somebody kills while it answers does not count', async () => {
  const { engine, ask } = await startGround()
  for (let i = 0; i < 4; i++) {
    const answer = ask('pocket', { prompt: 'Count to 100.', options: { num_predict: 900 } })
    const { pid } = await until('an answer is being made', async () => {
      const { runners } = (await engine.json('/api/od/runners')) as {
        runners: { pid: number; tokensMade: number }[]
      }
      return runners.find(({ tokensMade }) => tokensMade > 3)
    })
    process.kill(pid, 'SIGKILL')
    expect((await answer).status).toBe(500)
  }
  expect(await ask('pocket')).toEqual(well)
})
