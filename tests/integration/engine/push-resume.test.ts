/** Uploads that break off, are left, are shared, or go elsewhere. */
import { afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { registryLimits } from '../../../src/models/registry/index.ts'
import { seededRandom } from '../../../src/sys/random.ts'
import { startEngineProcess } from '../../support/registry/engine-process.ts'
import { type SeedModel, seedModel } from '../../support/registry/model.ts'
import { startRegistryProxy } from '../../support/registry/proxy.ts'
import { account } from '../../support/registry/registry.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'
import { startUploadRegistry, type UploadRegistry } from '../../support/registry/upload-registry.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'

const mebibyte = 1024 * 1024
/** What may be on its way when a connection breaks. */
const lostBytes = 4 * mebibyte
let seed: SeedModel
let totalBytes: number
let registry: UploadRegistry
let model: string

beforeAll(async () => {
  seed = await seedModel(20 * mebibyte)
  totalBytes = [...seed.blobs.values()].reduce((sum, { length }) => sum + length, 0)
})

beforeEach(async () => {
  registry = await startUploadRegistry()
  model = `${registry.host}/ns/m`
})

afterEach(() => registry.stop())

async function startStore(options: Parameters<typeof startTestPuller>[0] = {}) {
  const store = await startTestPuller(options)
  await store.put(registry.host, seed)
  return store
}

function expectAllThere(): void {
  for (const [digest, bytes] of seed.blobs) {
    expect(registry.blobs.get(digest)?.equals(bytes), digest).toBe(true)
  }
  expect(registry.manifests.get('/v2/ns/m/manifests/latest')).toEqual(seed.manifest)
}

test('a part that breaks off goes on at the byte that the registry has', async () => {
  const store = await startStore()
  registry.faults.cutAfterBytes = () => 5 * mebibyte
  await store.push(model)
  expectAllThere()
  const asked = registry.requests.filter((line) => line.startsWith('GET'))
  const ratio = registry.partBytes() / totalBytes
  console.log(`an upload cut ${asked.length} times: ${ratio.toFixed(3)} of the bytes`)
  expect(asked.length).toBeGreaterThanOrEqual(3)
  expect(registry.partBytes()).toBe(totalBytes)
})

test('F-48 (part: push): a proxy that cuts every part at random bytes, far more often than there are tries, does not end a push, and nothing is sent twice', async () => {
  const proxy = await startRegistryProxy(registry.host)
  onTestFinished(() => proxy.stop())
  const store = await startTestPuller()
  await store.put(proxy.host, seed)
  const random = seededRandom(5)
  proxy.faults.cutUploadAfterBytes = () => 1 + Math.floor(random.number() * 2 * mebibyte)
  await store.push(`${proxy.host}/ns/m`)
  expectAllThere()
  console.log(`an upload through a proxy that cuts: ${proxy.cuts()} cuts`)
  expect(proxy.cuts()).toBeGreaterThan(2 * registryLimits.triesMax)
  expect(registry.partBytes()).toBe(totalBytes)
})

test('a session that the registry has forgotten is begun anew; one that is busy is waited for', async () => {
  const store = await startStore()
  let parts = 0
  registry.faults.instead = ({ method }) => {
    if (method !== 'PATCH') return undefined
    parts++
    if (parts === 2) return { status: 404 }
    return parts === 3 ? { status: 429, headers: { 'Retry-After': '0' } } : undefined
  }
  await store.push(model)
  expectAllThere()
})

test('a client that leaves ends the upload, and the next push goes on where it was', async () => {
  const store = await startStore()
  const stop = new AbortController()
  registry.faults.onPartBytes = () => {
    if (registry.partBytes() > totalBytes / 2) stop.abort(new Error('left'))
  }
  await expect(store.push(model, { signal: stop.signal })).rejects.toThrow('left')
  expect(registry.manifests.size).toBe(0)
  delete registry.faults.onPartBytes
  await store.push(model)
  expectAllThere()
  expect(registry.partBytes()).toBeLessThanOrEqual(totalBytes + lostBytes)
})

test('pushes of the same model share one upload, also when the first client leaves', async () => {
  const store = await startStore()
  const stop = new AbortController()
  const first = store.push(model, {
    signal: stop.signal,
    onLine: ({ status, completed = 0 }) => {
      if (status.startsWith('pushing ') && completed > 4 * mebibyte) stop.abort(new Error('left'))
    },
  })
  const others = [store.push(model), store.push(model)]
  await first.catch((error: unknown) => expect(error).toEqual(new Error('left')))
  await Promise.all(others)
  expectAllThere()
  expect(registry.partBytes()).toBe(totalBytes)
})

test('A-96 (part: push): parts go where the registry sends them, without its account; it hears their hashes at the end', async () => {
  const store = await startStore()
  const seen = new Set<string | undefined>()
  registry.faults.instead = ({ url = '', headers }) => {
    if (url.startsWith('/bytes/')) seen.add(headers.authorization)
    else if (headers.authorization === undefined) {
      return { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="r"' } }
    }
    return undefined
  }
  const bytesAt = await startRegistryProxy(registry.host)
  onTestFinished(() => bytesAt.stop())
  registry.faults.redirectsTo = bytesAt.host
  await store.push(model, { credentials: account })
  expectAllThere()
  expect(seen).toEqual(new Set([undefined]))
})

test('A-104: a registry that is not listed is pushed to by nobody but this machine’s own users', async () => {
  const strange = await startStore({ trustsAsker: false })
  await expect(strange.push(model)).rejects.toMatchObject({
    code: 'OD_REGISTRY_PUSH',
    httpStatus: 403,
  })
  await expect(strange.push(model, { insecure: false })).rejects.toMatchObject({ httpStatus: 403 })
  expect(registry.requests).toEqual([])
  const listed = await startStore({ trustsAsker: false, listed: [registry.host] })
  await listed.push(model)
  expectAllThere()
})

test('A-93 (part: push): a session inside of the network that is not listed is not written to', async () => {
  const inside = await startUploadRegistry()
  onTestFinished(() => inside.stop())
  const store = await startStore({ trustsAsker: false, listed: [registry.host] })
  registry.faults.instead = ({ method }) =>
    method === 'POST'
      ? { status: 202, headers: { Location: `http://${inside.host}/v2/ns/m/blobs/uploads/1` } }
      : undefined
  await expect(store.push(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_ADDRESS' })
  expect(inside.requests).toEqual([])
})

test('what is wrong is said in Ollama’s words: no connection, no model, a blob that is gone', async () => {
  const store = await startStore()
  await expect(store.push(`${registry.host}/ns/absent`)).rejects.toThrow('not found')
  await store.put('127.0.0.1:1', seed)
  const [digest] = seed.blobs.keys()
  await expect(store.push('127.0.0.1:1/ns/m')).rejects.toMatchObject({
    code: 'OD_PUSH',
    message: `Head "http://127.0.0.1:1/v2/ns/m/blobs/${digest}": dial tcp 127.0.0.1:1: connect: connection refused`,
  })
  registry.faults.instead = ({ method }) => (method === 'POST' ? { status: 403 } : undefined)
  await expect(store.push(model)).rejects.toThrow('403: ')
})

test('F-45 (part: push): a push that is killed makes no model at the registry, and the next one brings it whole', async () => {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  await (await startTestPuller({ folder: directory.path })).put(registry.host, seed)
  const push = async ({ url }: { url: string }) => {
    const body = JSON.stringify({ model, insecure: true, stream: false })
    return await (await fetch(`${url}/api/push`, { method: 'POST', body })).json()
  }
  const killed = await startEngineProcess(directory.path)
  registry.faults.onPartBytes = () => {
    if (registry.partBytes() > totalBytes / 2) void killed.kill()
  }
  await expect(push(killed)).rejects.toThrow()
  expect(registry.manifests.size).toBe(0)
  delete registry.faults.onPartBytes
  const next = await startEngineProcess(directory.path)
  onTestFinished(() => next.kill())
  expect(await push(next)).toEqual({ status: 'success' })
  expectAllThere()
})
