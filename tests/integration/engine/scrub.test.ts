/** Files of models that rot on the disk. */
import { readdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Catalogue } from '../../../src/models/index.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { seededRandom } from '../../../src/sys/random.ts'
import { digestOf, pushModel, type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { type Registry, registryProgram, startRegistry } from '../../support/registry/registry.ts'
import { flipBit } from '../../support/registry/rot.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'
import { until } from '../../support/until.ts'
import { startTestEngine } from './test-engine.ts'

const random = seededRandom(20_261_127)
let seed: SeedModel
let proxy: RegistryProxy

beforeAll(async () => {
  seed = await seedModel(1_000_000)
  proxy = await startRegistryProxy()
  proxy.faults.instead = (path, request) => seedAnswer(seed, path, request)
})
afterAll(() => proxy.stop())

const onRegistry = test.skipIf(registryProgram() === undefined)

onRegistry(
  'A-115 (part: one node): 20 bits that turned over are found, and healed from the registry',
  async () => {
    const registry: Registry = await startRegistry()
    try {
      const puller = await startTestPuller()
      const models = await Promise.all([1, 2, 3, 4, 5].map((one) => seedModel(200_000 + one, one)))
      for (const [index, model] of models.entries()) {
        await pushModel(registry.host, `ns/m${index}`, model)
        await puller.pull(`${registry.host}/ns/m${index}`)
      }
      const all = new Map(models.flatMap(({ blobs }) => [...blobs]))
      const digests = [...all.keys()]
      let found = 0
      for (let flips = 0; flips < 20; ) {
        // several in one look, each in a file of its own
        const struck = new Set<string>()
        for (; struck.size < 5; flips++) {
          let digest = ''
          do digest = digests[Math.floor(random.number() * digests.length)] ?? ''
          while (struck.has(digest))
          struck.add(digest)
          await flipBit(puller.blobFile(digest), random)
        }
        const { findings, aside } = await puller.verify()
        expect(new Set(findings.map(({ digest }) => digest))).toEqual(struck)
        expect(findings.every(({ isHealed, problem }) => isHealed && problem === 'rotten')).toBe(
          true,
        )
        expect(aside.toSorted()).toEqual([...struck].map(puller.blobFile).toSorted())
        found += findings.length
      }
      expect(found).toBe(20)
      const { findings, progress } = await puller.verify()
      expect(findings).toEqual([])
      expect(progress).toMatchObject({ files: all.size, filesTotal: all.size })
      const files = await readdir(join(puller.modelDir, 'blobs'))
      expect(files.toSorted()).toEqual(digests.map((one) => one.replace(':', '-')).toSorted())
    } finally {
      await registry.stop()
    }
  },
)

test('a file that is cut short or gone is fetched again', async () => {
  const puller = await startTestPuller()
  await puller.pull(`${proxy.host}/ns/m`)
  const [weights = '', template = ''] = seed.blobs.keys()
  await truncate(puller.blobFile(weights), 1_000)
  await rm(puller.blobFile(template))
  const { findings } = await puller.verify()
  expect(findings.map(({ problem, isHealed }) => `${problem} ${isHealed}`).toSorted()).toEqual([
    'missing true',
    'rotten true',
  ])
  expect(await puller.hasAll(proxy.host, seed)).toBe(true)
})

test('where no registry has the file, the model is out of the lists and its name says why', async () => {
  const puller = await startTestPuller()
  const model = `${proxy.host}/ns/m:latest`
  await puller.pull(model)
  const catalogue = new Catalogue(puller.modelDir, silentLog)
  expect((await catalogue.list()).map(({ name }) => name)).toEqual([model])
  const [weights = ''] = seed.blobs.keys()
  await flipBit(puller.blobFile(weights), random)
  proxy.faults.instead = () => ({ status: 404 })
  try {
    const { findings } = await puller.verify()
    expect(findings).toMatchObject([{ digest: weights, models: [model], isHealed: false }])
    expect(findings[0]?.reason).not.toBe('')
    expect(await catalogue.list()).toEqual([])
    await expect(catalogue.find(model)).rejects.toMatchObject({ code: 'OD_MODEL_DAMAGED' })
    const names = await readdir(join(puller.modelDir, 'blobs'))
    expect(names).toContain(`.damaged-${weights.replace(':', '-')}`)
  } finally {
    proxy.faults.instead = (path, request) => seedAnswer(seed, path, request)
  }
  await puller.pull(model)
  expect((await catalogue.list()).map(({ name }) => name)).toEqual([model])
  expect(await puller.hasAll(proxy.host, seed)).toBe(true)
})

test('what a runner has open of a rotten file is unloaded, and a request for the model says why it fails', async () => {
  const engine = await startTestEngine()
  try {
    const model = '127.0.0.1:1/ns/m:latest' // where nobody has it
    await engine.post('/api/copy', { source: 'pocket', destination: model })
    await fetch(`${engine.url}/api/delete`, {
      method: 'DELETE',
      body: JSON.stringify({ model: 'pocket' }),
    })
    const asked = { model, prompt: 'a', stream: false, options: { num_predict: 1 } }
    expect(await engine.json('/api/generate', asked)).toMatchObject({ done: true })
    expect((await engine.json('/api/ps'))['models']).toHaveLength(1)
    const weights = await readFile('assets/pocket/pocket.gguf')
    const blob = digestOf(weights).replace(':', '-')
    await flipBit(join(engine.modelDir, 'blobs', blob), random)
    const lines = await engine.lines('/api/od/verify', {})
    expect(lines.find(({ finding }) => finding !== undefined)).toMatchObject({
      finding: {
        models: [model],
        problem: 'rotten',
        isHealed: false,
        reason: expect.stringContaining('refused'),
      },
    })
    expect(lines.at(-1)).toMatchObject({ done: true })
    await until('the model to be unloaded', async () => {
      const { models } = await engine.json('/api/ps')
      return (models as unknown[]).length === 0
    })
    const answer = await engine.post('/api/generate', asked)
    expect([answer.status, await answer.text()]).toEqual([
      500,
      expect.stringContaining('is damaged'),
    ])
  } finally {
    await engine.stop()
  }
})

test('reading keeps below the rate that is asked for', async () => {
  const puller = await startTestPuller()
  await puller.pull(`${proxy.host}/ns/m`)
  const started = performance.now()
  const { progress } = await puller.verify(4_000_000)
  const seconds = (performance.now() - started) / 1000
  console.log(`${progress.bytes} bytes in ${seconds.toFixed(2)} s`)
  expect(progress.bytes / seconds).toBeLessThan(4_400_000)
  expect(progress.bytes).toBe(progress.bytesTotal)
})
