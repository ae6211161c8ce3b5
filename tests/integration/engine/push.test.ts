/** Models go to Debian's registry and come back from there byte for byte. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../../src/sys/random.ts'
import { type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import {
  account,
  type Registry,
  registryProgram,
  startRegistry,
} from '../../support/registry/registry.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'
import { startTestEngine, type TestEngine } from './test-engine.ts'

const withRegistry = test.skipIf(registryProgram() === undefined)
const mebibyte = 1024 * 1024
let registry: Registry
let proxy: RegistryProxy
let seed: SeedModel
let engine: TestEngine

beforeAll(async () => {
  if (registryProgram() === undefined) return
  seed = await seedModel(20 * mebibyte) // more than one part of an upload
  ;[registry, engine] = await Promise.all([startRegistry(), startTestEngine()])
  proxy = await startRegistryProxy(registry.host)
})

afterAll(async () => {
  await proxy?.stop()
  await Promise.all([registry?.stop(), engine?.stop()])
})

/** What is at `host` arrives whole in an empty store. */
async function expectPulled(host: string, model: SeedModel, credentials = account): Promise<void> {
  const elsewhere = await startTestPuller()
  await elsewhere.pull(`${host}/ns/m`, { credentials })
  expect(await elsewhere.hasAll(host, model)).toBe(true)
}

withRegistry(
  'S-038 (part: one node): a model is pushed with the lines of Ollama; what is there already is not sent again',
  async () => {
    const model = `${proxy.host}/lines/pocket`
    await engine.post('/api/copy', { source: 'pocket', destination: model })
    const lines = await engine.lines('/api/push', { model, insecure: true })
    const { layers, config } = (await (
      await fetch(`http://${registry.host}/v2/lines/pocket/manifests/latest`, {
        headers: { Accept: 'application/vnd.docker.distribution.manifest.v2+json' },
      })
    ).json()) as { layers: Layer[]; config: Layer }
    const blobs = [...layers, config].map(({ digest, size }) => ({
      status: `pushing ${digest.slice(7, 19)}`,
      digest,
      total: size,
      completed: size,
    }))
    expect(wholeOnes(lines)).toEqual([
      { status: 'retrieving manifest' },
      ...blobs,
      { status: 'pushing manifest' },
      { status: 'success' },
    ])
    proxy.requests.length = 0
    const again = await engine.lines('/api/push', { model, insecure: true })
    expect(again).toEqual(wholeOnes(lines))
    expect(proxy.requests.map((line) => line.split(' ')[0])).toEqual([
      ...blobs.map(() => 'HEAD'),
      'PUT',
    ])
    const whole = await engine.json('/api/push', { model, insecure: true, stream: false })
    expect(whole).toEqual({ status: 'success' })
  },
)

/** Lines that say nothing of a part of a blob, each once. */
function wholeOnes(lines: readonly Record<string, unknown>[]): readonly object[] {
  const whole = lines.filter((line) => line['completed'] === line['total'])
  return [...new Map(whole.map((line) => [line['status'], line])).values()]
}

interface Layer {
  readonly digest: string
  readonly size: number
}

withRegistry('a large model comes back from the registry byte for byte', async () => {
  const store = await startTestPuller()
  await store.put(proxy.host, seed)
  proxy.requests.length = 0
  await store.push(`${proxy.host}/ns/m`)
  const parts = proxy.requests.filter((line) => line.startsWith('PATCH'))
  expect(parts).toHaveLength(seed.blobs.size + 1)
  await expectPulled(proxy.host, seed)
})

withRegistry('a registry with an account is pushed to with it, and not without', async () => {
  const closed = await startRegistry({ isClosed: true })
  onTestFinished(() => closed.stop())
  const small = await seedModel()
  const store = await startTestPuller()
  await store.put(closed.host, small)
  const name = `${closed.host}/ns/m`
  await expect(store.push(name)).rejects.toThrow('unauthorized: access denied')
  const wrong = { ...account, password: 'wrong' }
  await expect(store.push(name, { credentials: wrong })).rejects.toThrow('access denied')
  await store.push(name, { credentials: account })
  await expectPulled(closed.host, small)
})

withRegistry(
  'a token server is asked for the right to push, with what the registry names',
  async () => {
    const small = await seedModel(100_000, 5)
    const guarded = await startRegistryProxy(registry.host)
    onTestFinished(() => guarded.stop())
    const scopes: (string | null)[] = []
    guarded.faults.instead = (path, { method = '', headers }) => {
      const url = new URL(path, `http://${guarded.host}`)
      const right = method === 'GET' || method === 'HEAD' ? 'pull' : 'pull,push'
      if (url.pathname === '/token') {
        scopes.push(url.searchParams.get('scope'))
        const token = url.searchParams.get('scope')?.split(':')[2] ?? ''
        return { status: 200, body: JSON.stringify({ token }) }
      }
      const has = headers.authorization?.replace('Bearer ', '').split(',') ?? []
      if (right.split(',').every((one) => has.includes(one))) return undefined
      const challenge = `Bearer realm="http://${guarded.host}/token",service="s",scope="repository:ns/m:${right}"`
      return { status: 401, headers: { 'WWW-Authenticate': challenge } }
    }
    const store = await startTestPuller()
    await store.put(guarded.host, small)
    await store.push(`${guarded.host}/ns/m`)
    expect(scopes).toEqual(['repository:ns/m:pull', 'repository:ns/m:pull,push'])
    await expectPulled(guarded.host, small)
  },
)

withRegistry('a proxy that cuts uploads at random bytes does not end a push', async () => {
  const model = await seedModel(20 * mebibyte, 7)
  const store = await startTestPuller()
  await store.put(proxy.host, model)
  const random = seededRandom(3)
  let cuts = 0
  proxy.faults.cutUploadAfterBytes = () => {
    if (cuts >= 2 || random.number() < 0.3) return undefined
    cuts++
    return 1 + Math.floor(random.number() * 12 * mebibyte)
  }
  onTestFinished(() => void delete proxy.faults.cutUploadAfterBytes)
  await store.push(`${proxy.host}/ns/m`)
  expect(cuts).toBe(2)
  await expectPulled(proxy.host, model)
})

withRegistry(
  'a layer that another repository of the registry has is taken from there',
  async () => {
    const base = await seedModel(300_000, 11)
    const store = await startTestPuller()
    await store.put(proxy.host, base, 'ns/base')
    await store.push(`${proxy.host}/ns/base`)
    const manifest = JSON.parse(base.manifest.toString()) as { layers: object[] }
    manifest.layers = manifest.layers.map((layer) => ({ ...layer, from: `${proxy.host}/ns/base` }))
    const child = { ...base, manifest: Buffer.from(JSON.stringify(manifest)) }
    await store.put(proxy.host, child, 'other/child')
    proxy.requests.length = 0
    await store.push(`${proxy.host}/other/child`)
    const mounts = proxy.requests.filter((line) => line.includes('from=ns%2Fbase'))
    expect(mounts).toHaveLength(manifest.layers.length)
    expect(proxy.requests.filter((line) => line.startsWith('PATCH'))).toHaveLength(1) // the config
    const elsewhere = await startTestPuller()
    await elsewhere.pull(`${proxy.host}/other/child`)
  },
)
