/** Several models at once: what the list of loaded models says while they come and go, and in which order they do. */
import { statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeRandomModel } from '../../../tools/random-gguf/random-model.ts'
import { residentBytesOf } from '../../long/soak/memory.ts'
import { createModel } from '../../support/create-model.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { startTestEngine, type TestEngine } from './test-engine.ts'

interface Listed {
  readonly name: string
  readonly size: number
  readonly size_vram: number
  readonly expires_at: string
}

let engine: TestEngine
let weightsBytes = 0
const listed = async () => (await engine.json('/api/ps'))['models'] as Listed[]
const names = async () => (await listed()).map(({ name }) => name.replace(':latest', '')).toSorted()
const load = (model: string, more: object = {}) => engine.json('/api/generate', { model, ...more })

beforeAll(async () => {
  engine = await startTestEngine(undefined, undefined, {
    residentsMax: 2,
    eviction: 'least-useful',
  })
  const directory = await makeTemporaryDirectory()
  const weights = directory.inside('broad.gguf')
  writeRandomModel(weights, { layers: 6, width: 1024, contextTokens: 2048 })
  weightsBytes = statSync(weights).size
  await createModel(engine.modelDir, 'broad', weights)
  writeRandomModel(weights, { layers: 2, width: 64, contextTokens: 2048 })
  await createModel(engine.modelDir, 'small', weights)
  await directory.remove()
})
afterAll(() => engine.stop())

describe('several models', () => {
  test('one that loads is listed with the time until which it will stay and what it holds already', async () => {
    const loaded = load('broad', { keep_alive: '90s' })
    await until('it is listed', async () => (await names()).includes('broad'))
    const [early] = await listed()
    expect(early?.size).toBeGreaterThan(10_000_000)
    const leftMs = Date.parse(early?.expires_at ?? '') - Date.now()
    expect(leftMs).toBeGreaterThan(60_000)
    expect(leftMs).toBeLessThanOrEqual(90_000)
    expect(await loaded).toMatchObject({ done_reason: 'load' })
  })

  test('what is said to be held is what the process holds: weights and more, none of it on a GPU', async () => {
    await load('broad')
    const { runners } = (await engine.json('/api/od/runners')) as { runners: { pid: number }[] }
    const [one] = await listed()
    const measured = residentBytesOf(runners[0]?.pid ?? 0)
    expect(Math.abs((one?.size ?? 0) - measured) / measured).toBeLessThan(0.05)
    expect(one?.size).toBeGreaterThan(weightsBytes)
    expect(one?.size_vram).toBe(0)
  })

  test('the least useful makes room; one that stays for ever does not while another can', async () => {
    await load('broad', { keep_alive: -1 })
    await load('small')
    await load('pocket')
    expect(await names()).toEqual(['broad', 'pocket'])
  })

  test.each([
    ['0', 0],
    ['"0s"', '0s'],
  ])('keep_alive %s unloads at once', async (_, keepAlive) => {
    await load('small')
    await load('small', { keep_alive: keepAlive })
    await until('it is gone', async () => !(await names()).includes('small'))
  })

  test.each([[-1], ['-1m'], [-0.5]])('keep_alive %s is for ever', async (keepAlive) => {
    await load('small', { keep_alive: keepAlive })
    const one = (await listed()).find(({ name }) => name === 'small:latest')
    expect(Number.parseInt(one?.expires_at ?? '', 10)).toBeGreaterThan(2_200)
  })

  test('ten that ask at once for what is not loaded share one load', async () => {
    await load('small', { keep_alive: 0 })
    await until('it is gone', async () => !(await names()).includes('small'))
    const body = { model: 'small', prompt: 'a', stream: false, options: { num_predict: 3 } }
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => engine.json('/api/generate', body)),
    )
    expect(answers.every(({ done }) => done === true)).toBe(true)
    expect((await names()).filter((name) => name === 'small')).toHaveLength(1)
  })
})
