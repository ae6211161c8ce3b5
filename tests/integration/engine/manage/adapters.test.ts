/** Models made of several files: weights with an adapter, with a projector, and what is none of these. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeManifest } from '../../../../src/wire/manifest.ts'
import { type MetadataValue, writeGguf } from '../../../../tools/random-gguf/gguf-writer.ts'
import { writeRandomLora } from '../../../support/lora.ts'
import { splitGguf } from '../../../support/split-gguf.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { ask, modelNames, pocketFile, sha256, uploadPocket } from './manage-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'od-adapters-'))
let engine: TestEngine
let weights: string
let adapter: string
let projector: string

beforeAll(async () => {
  engine = await startTestEngine()
  weights = await uploadPocket(engine)
  writeRandomLora(join(folder, 'lora'), pocketFile)
  adapter = await upload('lora')
  const only = (name: string, metadata: Record<string, MetadataValue>) => {
    writeGguf(join(folder, name), new Map(Object.entries(metadata)), [])
    return upload(name)
  }
  projector = await only('clip', { 'general.architecture': { type: 'string', value: 'clip' } })
})
afterAll(async () => {
  await engine?.stop()
  rmSync(folder, { recursive: true })
})

const upload = (name: string) => uploadBytes(new Uint8Array(readFileSync(join(folder, name))))

async function uploadBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = sha256(bytes)
  await ask(engine, 'POST', `/api/blobs/${digest}`, bytes)
  return digest
}

const create = async (body: object) =>
  (await engine.lines('/api/create', body)).map(({ status, error }) => status ?? { error })

const answerOf = async (model: string) => {
  const asked = {
    model,
    prompt: 'Why is the sky blue?',
    stream: false,
    options: { seed: 1, temperature: 0, num_predict: 12 },
  }
  return (await engine.json('/api/generate', asked))['response'] as string
}

/** Kinds of the layers of a model, with their digests. */
function layersOf(model: string): string[] {
  const file = join(engine.modelDir, 'manifests/registry.ollama.ai/library', model, 'latest')
  return decodeManifest(readFileSync(file)).layers.map(
    ({ mediaType, digest }) => `${mediaType.split('.').at(-1)} ${digest}`,
  )
}

test('an adapter is recorded behind the weights, changes the answers, and goes with a copy and a model made from it', async () => {
  const lines = await create({ model: 'tuned', from: 'pocket', adapters: { 'lora.gguf': adapter } })
  expect(lines[0]).toBe('parsing GGUF')
  expect(lines).toContain(`using existing layer ${adapter}`)
  expect(lines.slice(-2)).toEqual(['writing manifest', 'success'])
  const [first, second] = layersOf('tuned')
  expect([first, second]).toContain(`model ${weights}`)
  expect(layersOf('tuned')).toContain(`adapter ${adapter}`)
  const shown = await engine.json('/api/show', { model: 'tuned' })
  expect(shown['modelfile']).toContain(
    `\nADAPTER ${join(engine.modelDir, 'blobs', adapter.replace(':', '-'))}\n`,
  )
  const plain = await answerOf('pocket')
  const tuned = await answerOf('tuned')
  expect(tuned).not.toBe(plain)
  expect(await answerOf('tuned')).toBe(tuned)
  expect(await answerOf('pocket')).toBe(plain)
  await create({ model: 'next', from: 'tuned', system: 'Be brief.' })
  expect(layersOf('next')).toContain(`adapter ${adapter}`)
  await create({ model: 'whole', files: { 'm.gguf': weights }, adapters: { 'lora.gguf': adapter } })
  expect(layersOf('whole')).toEqual([`model ${weights}`, `adapter ${adapter}`])
})

test('weights and a projector become one model, in whichever order they come', async () => {
  for (const files of [
    { 'm.gguf': weights, 'p.gguf': projector },
    { 'p.gguf': projector, 'm.gguf': weights },
  ]) {
    const lines = await create({ model: 'seeing', files })
    expect(lines.filter((line) => line === 'parsing GGUF')).toHaveLength(2)
    expect(lines.at(-1)).toBe('success')
    expect(layersOf('seeing')).toEqual([`model ${weights}`, `projector ${projector}`])
    const { details } = await engine.json('/api/show', { model: 'seeing' })
    expect(details).toMatchObject({ family: 'llama', families: ['llama', 'clip'] })
  }
})

test('files in several parts become one blob, the same as before they were split; it is one model, and answers', async () => {
  const parts = splitGguf(pocketFile, 3)
  const digests = await Promise.all(parts.map((bytes) => uploadBytes(new Uint8Array(bytes))))
  const named = (order: readonly number[]) =>
    Object.fromEntries(order.map((at) => [`m-0000${at + 1}-of-00003.gguf`, digests[at] ?? '']))
  const lines = await create({ model: 'joined', files: named([2, 0, 1]) })
  expect(lines).toEqual([
    'parsing GGUF',
    'parsing GGUF',
    'parsing GGUF',
    'converting model',
    `using existing layer ${weights}`,
    'writing manifest',
    'success',
  ])
  expect(layersOf('joined')).toEqual([`model ${weights}`])
  expect(await answerOf('joined')).not.toBe('')
  const last = async (order: readonly number[]) =>
    (await create({ model: 'odd', files: named(order) })).at(-1)
  expect(await last([0, 2])).toEqual({ error: expect.stringContaining('of its 3 parts 2 came') })
  expect(await last([1])).toEqual({ error: expect.stringContaining('of its 3 parts 1 came') })
  const twice = { ...named([0, 1]), 'again.gguf': digests[1] ?? '' }
  const again = (await create({ model: 'odd', files: twice })).at(-1)
  expect(again).toEqual({ error: expect.stringContaining('its part 3 of 3 did not come') })
  expect(await modelNames(engine)).not.toContain('odd:latest')
})

test('what is no adapter, no whole file, and no one model is refused, and makes none', async () => {
  const refused = async (body: object) => {
    const text = await (await engine.post('/api/create', { model: 'odd', ...body })).text()
    return JSON.parse(text.trim().split('\n').at(-1) ?? '') as unknown
  }
  const from = { from: 'pocket' }
  expect(await refused({ ...from, adapters: { 'a.gguf': weights } })).toEqual({
    error: 'the file given as an adapter is none',
  })
  expect(await refused({ ...from, adapters: { 'a.bin': `sha256:${'0'.repeat(64)}` } })).toEqual({
    error: 'unknown type',
  })
  expect(await refused({ files: { 'a.gguf': adapter } })).toEqual({
    error: expect.stringContaining('a file without a language model'),
  })
  expect(await refused({ files: { 'a.gguf': weights, 'b.gguf': weights } })).toEqual({
    error: expect.stringContaining('several files of weights'),
  })
  expect(await modelNames(engine)).not.toContain('odd:latest')
})
