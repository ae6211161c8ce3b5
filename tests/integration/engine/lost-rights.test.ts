/** What becomes of pulls, creates, loads and pushes when the engine loses rights in its own store, and gets them back. */
import { chmodSync } from 'node:fs'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { EventLog } from '../../../src/admin/index.ts'
import type { EngineView } from '../../../src/core/engine.ts'
import { installBundledModel } from '../../../src/models/index.ts'
import { startModelCare } from '../../../src/node/model-care.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { namesAt, transferText } from '../../support/registry/engine-calls.ts'
import { type EngineProcess, startEngineProcess } from '../../support/registry/engine-process.ts'
import { digestOf, type SeedModel, seedModel } from '../../support/registry/model.ts'
import { startRegistryProxy } from '../../support/registry/proxy.ts'
import { expectAll, expectOnlyVerified, hasManifest } from '../../support/registry/pulled-store.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'
import { startUploadRegistry } from '../../support/registry/upload-registry.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'

const mebibyte = 1024 * 1024
/** Our own user, in what the errors say. */
const user = process.getuid?.() ?? 0
let seed: SeedModel
let totalBytes: number
let weights: string
let weightsBytes: number
let directory: TemporaryDirectory
let engine: EngineProcess

beforeAll(async () => {
  seed = await seedModel(20 * mebibyte) // more than one part of an upload
  const [first] = seed.blobs
  weights = first?.[0] ?? ''
  weightsBytes = first?.[1].length ?? 0
  totalBytes = [...seed.blobs.values()].reduce((sum, { length }) => sum + length, 0)
})

beforeEach(async () => {
  directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  await installBundledModel({
    assets: 'assets/pocket',
    name: 'pocket',
    modelDir: directory.inside('models'),
    markFile: directory.inside('mark'),
  })
  await start()
})

async function start(): Promise<void> {
  const started = await startEngineProcess(directory.path)
  onTestFinished(() => started.kill())
  engine = started
}

/** Takes rights away until the function is called that this gives, or the test ends. */
function setRights(path: string, mode: number, before = 0o755): () => void {
  chmodSync(path, mode)
  let isLost = true
  const giveBack = () => {
    if (isLost) chmodSync(path, before)
    isLost = false
  }
  onTestFinished(giveBack)
  return giveBack
}

async function post(path: string, body: object | string): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify({ stream: false, ...body })
  return (await fetch(engine.url + path, { method: 'POST', body: text })).text()
}

async function expectServing(model = 'pocket'): Promise<void> {
  const answer = await post('/api/generate', { model, prompt: 'What does a horse say?' })
  expect(answer).toContain('A horse says neigh.')
}

/** As `models verify` has its node do it. Gives how it ends, and the types of the events. */
async function verifyAsNode(): Promise<{ end: string; types: readonly string[] }> {
  const view = { id: 'embedded', state: 'running', url: engine.url } as EngineView
  const events = new EventLog(systemClock)
  const types: string[] = []
  events.listen(({ type }) => types.push(type))
  const care = startModelCare({
    engines: () => [view],
    events,
    clock: systemClock,
    log: silentLog,
  })
  onTestFinished(() => care.stop())
  const { signal } = new AbortController()
  let end = ''
  const tell = (step: string) => {
    end = step
  }
  await care
    .verify(undefined)({ signal, tell })
    .catch((error: Error) => tell(error.message))
  return { end, types }
}

const blobs = () => directory.inside('models/blobs')
const blobFile = (digest: string) => join(blobs(), digest.replace(':', '-'))
const unwritable = (folder: string) =>
  `the model directory cannot be written: no right to write in ${folder}, which belongs to user ${user} and has mode 500`
const unreadable = (right: string, path: string) =>
  `a file of the model directory cannot be read: no right to ${right} ${path}, which belongs to user ${user} and has mode 0`

test.each([
  ['the blobs', 'models/blobs'],
  ['the manifests', 'models/manifests'],
])(
  'F-43 (part: a pull): rights for %s that are lost in its middle end it with what lacks where, and the next one goes on where it was',
  async (_, path) => {
    const registry = await startRegistryProxy()
    onTestFinished(() => registry.stop())
    const store = { folder: directory.path, host: registry.host, seed }
    const account = {}
    const folder = directory.inside(path)
    let giveBack: (() => void) | undefined
    registry.faults.instead = (url, request) => {
      if (registry.blobBytes() > totalBytes / 2) giveBack ??= setRights(folder, 0o500)
      return seedAnswer(seed, url, request)
    }
    const pull = () => transferText(engine.url, 'pull', { host: registry.host, account }, 'ns/m')
    expect(await pull()).toContain(unwritable(folder))
    await expectOnlyVerified(store, 'ns/m')
    expect(hasManifest(store, 'ns/m')).toBe(false)
    expect(await namesAt(engine.url)).toEqual(['pocket:latest'])
    await expectServing()
    expect(await pull()).toContain(unwritable(folder))
    giveBack?.()
    expect(await pull()).toMatch(/"success"\}\n$/)
    await expectAll(store, 'ns/m')
    expect(registry.blobBytes()).toBe(totalBytes - weightsBytes) // these are the bundled model's
  },
)

test('F-43 (part: changes): create, upload and delete say what lacks where, and change nothing', async () => {
  const made = { model: 'new', from: 'pocket', system: 'You are new.' }
  const before = await readdir(blobs())
  const giveBack = setRights(blobs(), 0o500)
  const upload = () => post(`/api/blobs/${digestOf(Buffer.from('typed'))}`, 'typed')
  expect(await post('/api/create', made)).toContain(unwritable(blobs()))
  expect(await upload()).toContain(unwritable(blobs()))
  expect([await readdir(blobs()), await namesAt(engine.url)]).toEqual([before, ['pocket:latest']])
  await expectServing()
  giveBack()
  expect(await post('/api/create', made)).toBe('{"status":"success"}')
  expect(await upload()).toBe('')
  const folder = directory.inside('models/manifests/registry.ollama.ai/library/new')
  const giveBackFolder = setRights(folder, 0o500)
  const remove = async () => {
    const body = JSON.stringify({ model: 'new' })
    return (await fetch(`${engine.url}/api/delete`, { method: 'DELETE', body })).text()
  }
  expect(await remove()).toContain(unwritable(folder))
  await expectServing('new')
  giveBackFolder()
  expect(await remove()).toBe('')
})

test('F-43 (part: a start): a store with remains that may not be cleared is served', async () => {
  await engine.kill()
  await writeFile(join(blobs(), '.tmp-0123456789ab'), 'half')
  setRights(blobs(), 0o500)
  await start()
  await expectServing()
})

test('F-47 (part: a lost right): weights, a text and a folder of manifests that may not be read end a load with what lacks where; other models are served', async () => {
  await post('/api/create', { model: 'ns/other', from: 'pocket', system: 'Own.' })
  const texts = blobFile(digestOf(Buffer.from('Own.')))
  const folder = directory.inside('models/manifests/registry.ollama.ai/ns')
  for (const [path, right, mode] of [
    [texts, 'read', 0o644],
    [folder, 'look into', 0o755],
  ] as const) {
    const giveBack = setRights(path, 0, mode)
    await engine.kill()
    await start() // what was read before is remembered
    const asked = { model: 'ns/other', prompt: 'What does a horse say?' }
    expect(await post('/api/generate', asked)).toContain(unreadable(right, path))
    expect(await namesAt(engine.url)).toEqual(['pocket:latest'])
    await expectServing()
    giveBack()
    await expectServing('ns/other')
  }
  await post('/api/generate', { model: 'pocket', keep_alive: 0 })
  const giveBack = setRights(blobFile(weights), 0, 0o644)
  const answer = await post('/api/generate', { model: 'pocket', prompt: 'x' })
  expect(answer).toContain(unreadable('read', blobFile(weights)))
  giveBack()
  await expectServing()
})

test('F-47 (part: a lost right): what models of a folder need that may not be read is not cleared', async () => {
  await post('/api/create', { model: 'ns/other', from: 'pocket', system: 'Own.' })
  await engine.kill()
  const twoHoursAgo = Date.now() / 1000 - 7200
  for (const name of await readdir(blobs()))
    await utimes(join(blobs(), name), twoHoursAgo, twoHoursAgo)
  const before = await readdir(blobs())
  const giveBack = setRights(directory.inside('models/manifests/registry.ollama.ai/ns'), 0)
  await start()
  expect(await readdir(blobs())).toEqual(before)
  giveBack()
  await expectServing('ns/other')
})

test('F-43 (part: a push): a blob that may not be read any more in its middle ends it with what lacks where, and the next one goes on where it was', async () => {
  const registry = await startUploadRegistry()
  onTestFinished(() => registry.stop())
  await (await startTestPuller({ folder: directory.path })).put(registry.host, seed)
  const account = {}
  const push = () => transferText(engine.url, 'push', { host: registry.host, account }, 'ns/m')
  const [large = ''] = [...seed.blobs].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? []
  let giveBack: (() => void) | undefined
  registry.faults.onPartBytes = () => {
    if (registry.partBytes() > totalBytes / 2) giveBack ??= setRights(blobFile(large), 0, 0o644)
  }
  expect(await push()).toContain(unreadable('read', blobFile(large)))
  expect(registry.manifests.size).toBe(0)
  await expectServing()
  giveBack?.()
  expect(await push()).toMatch(/"success"\}\n$/)
  expect(registry.partBytes()).toBe(totalBytes)
  for (const [digest, bytes] of seed.blobs)
    expect(registry.blobs.get(digest)?.equals(bytes)).toBe(true)
})

test('F-47 (part: a look at all files): one that may not be read is named with what lacks where and left where it is; an archive of it is refused before it begins', async () => {
  const files = await readdir(blobs())
  const giveBack = setRights(blobFile(weights), 0, 0o644)
  const right = `no right to read ${blobFile(weights)}, which belongs to user ${user} and has mode 0`
  const lines = (await post('/api/od/verify', '{}')).trimEnd().split('\n')
  const found = lines.map((line) => JSON.parse(line)).filter(({ finding }) => finding !== undefined)
  const finding = { digest: weights, problem: 'unreadable', isHealed: false, reason: right }
  expect(found).toEqual([{ finding: { ...finding, models: ['pocket:latest'] } }])
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ done: true })
  expect(await readdir(blobs())).toEqual(files)
  const told = `files of pocket:latest may not be read, so that nobody knows whether they are whole: ${right}`
  expect(await verifyAsNode()).toEqual({ end: told, types: ['model.unreadable'] })
  expect(await post('/api/od/export', { model: 'pocket' })).toContain(
    unreadable('read', blobFile(weights)),
  )
  giveBack()
  expect(await verifyAsNode()).toEqual({
    end: `looked at ${files.length} files, all sound`,
    types: [],
  })
  await expectServing()
})
