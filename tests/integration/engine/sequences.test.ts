/** What a slot holds goes to a file and comes back, also into another life of the model. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { hookKey, startTestEngine, type TestEngine } from './test-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())
beforeEach(() => rm(engine.sequenceDir, { recursive: true, force: true }))

async function hook(path: string, body?: object) {
  const method = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const headers = { 'x-od-hook-key': hookKey }
  const response = await fetch(`${engine.url}/api/od/${path}`, { headers, ...method })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const long = {
  model: 'pocket',
  raw: true,
  prompt: `<|user|>${'The river runs to the sea. '.repeat(30)}Why is the sky blue?<|end|><|assistant|>`,
  stream: false,
  options: { temperature: 0, num_predict: 24 },
}

interface Counts {
  readonly pid: number
  readonly tokensEvaluated: number
}

const runners = async () => (await engine.json('/api/od/runners'))['runners'] as Counts[]

async function slots() {
  const { models } = (await hook('slots')).body as {
    models: { weights: string; slots: { slot: number; tokens: number; prefixHashes: string[] }[] }[]
  }
  const [model] = models
  const holder = model?.slots.toSorted((a, b) => b.tokens - a.tokens)[0]
  if (model === undefined || holder === undefined) throw new Error('no model')
  return { weights: model.weights, holder }
}

/** An answer, the slot that holds it and the file that was made of it. */
async function saved() {
  const answer = await engine.json('/api/generate', long)
  const { weights, holder } = await slots()
  const { status, body } = await hook('sequences/save', { weights, slot: holder.slot })
  expect(status).toBe(200)
  return { answer, weights, holder, name: String(body['name']), tokens: body['tokens'] }
}

async function anotherLife(): Promise<void> {
  await engine.json('/api/generate', { model: 'pocket', keep_alive: 0 })
  await until('the model is gone', async () => (await runners()).length === 0)
  await engine.json('/api/generate', { model: 'pocket' })
}

test('a prompt that was saved is not computed again, and its answer is the same', async () => {
  const { answer, weights, holder, name, tokens } = await saved()
  expect(tokens).toBe(holder.tokens)
  expect(await readdir(engine.sequenceDir)).toEqual([name])
  await anotherLife()
  expect((await slots()).holder.tokens).toBe(0)
  const loaded = await hook('sequences/load', { weights, name })
  expect(loaded).toMatchObject({ status: 200, body: { tokens } })
  expect((await slots()).holder.prefixHashes).toEqual(holder.prefixHashes)
  const before = await runners()
  const again = await engine.json('/api/generate', long)
  expect(again['response']).toBe(answer['response'])
  const [after] = await runners()
  const evaluated = (after?.tokensEvaluated ?? 0) - (before[0]?.tokensEvaluated ?? 0)
  expect(evaluated).toBeLessThan(30) // of several hundred
  expect(again['prompt_eval_count']).toBe(answer['prompt_eval_count'])
})

test('what holds nothing is not saved, and what is not there not loaded', async () => {
  await anotherLife()
  const { weights, holder } = await slots()
  const empty = await hook('sequences/save', { weights, slot: holder.slot })
  expect(empty).toMatchObject({ status: 409, body: { error: expect.stringContaining('nothing') } })
  const missing = await hook('sequences/load', { weights, name: '0'.repeat(32) })
  expect(missing.status).toBe(404)
  const other = { weights: 'f'.repeat(64), slot: 0 }
  expect((await hook('sequences/save', other)).status).toBe(404)
  for (const name of ['../../etc/passwd', '..', '', '0'.repeat(31)]) {
    expect((await hook('sequences/load', { weights, name })).status).toBe(400)
  }
})

test('a damaged file is refused by name, wherever it is damaged, and the runner goes on', async () => {
  const { weights, name } = await saved()
  const path = join(engine.sequenceDir, name)
  const bytes = await readFile(path)
  const [before] = await runners()
  const places = [0, 7, 9, 40, Math.floor(bytes.length / 2), bytes.length - 40, bytes.length - 1]
  for (const at of places) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    await writeFile(path, changed)
    const { status, body } = await hook('sequences/load', { weights, name })
    expect({ status, ...body }).toEqual({
      status: 422,
      error: 'the saved state of a sequence is damaged: its digest is another',
    })
  }
  for (const length of [0, 11, 44, bytes.length - 1]) {
    await writeFile(path, bytes.subarray(0, length))
    expect((await hook('sequences/load', { weights, name })).status).toBe(422)
  }
  await writeFile(path, bytes)
  expect((await hook('sequences/load', { weights, name })).status).toBe(200)
  expect((await runners())[0]?.pid).toBe(before?.pid)
})
