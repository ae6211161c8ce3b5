/** The embedded engine pulls from Debian's registry. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushModel, type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { type Registry, registryProgram, startRegistry } from '../../support/registry/registry.ts'
import { startTestEngine, type TestEngine } from './test-engine.ts'

const hasRegistry = registryProgram() !== undefined
let registry: Registry
let proxy: RegistryProxy
let engine: TestEngine
let seed: SeedModel

beforeAll(async () => {
  if (!hasRegistry) return
  seed = await seedModel(6 * 1024 * 1024)
  ;[registry, engine] = await Promise.all([startRegistry(), startTestEngine()])
  proxy = await startRegistryProxy(registry.host)
  await pushModel(registry.host, 'ns/m', seed)
})

afterAll(async () => {
  await proxy?.stop()
  await Promise.all([registry?.stop(), engine?.stop()])
})

test.skipIf(!hasRegistry)(
  'a model is pulled with the lines of Ollama, and is here byte for byte',
  async () => {
    const model = `${registry.host}/ns/m`
    const lines = await engine.lines('/api/pull', { model, insecure: true })
    const statuses = lines.map(({ status }) => String(status))
    const blobs = [...seed.blobs.keys()].map((digest) => `pulling ${digest.slice(7, 19)}`)
    expect([...new Set(statuses)]).toEqual([
      'pulling manifest',
      ...blobs,
      'verifying sha256 digest',
      'writing manifest',
      'success',
    ])
    await expectWhole('ns/m')
    const { models } = (await engine.json('/api/tags')) as { models: { name: string }[] }
    expect(models.map(({ name }) => name)).toContain(`${model}:latest`)
  },
)

async function expectWhole(path: string): Promise<void> {
  const file = join(engine.modelDir, 'manifests', registry.host, path, 'latest')
  expect(await readFile(file)).toEqual(seed.manifest)
  for (const [digest, bytes] of seed.blobs) {
    const blob = await readFile(join(engine.modelDir, 'blobs', digest.replace(':', '-')))
    expect(blob.equals(bytes), digest).toBe(true)
  }
}
