/** Pulls by way of mirrors that the operator named. */
import { afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { account } from '../../support/registry/registry.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'

let seed: SeedModel
let registry: RegistryProxy
let mirror: RegistryProxy
let model: string

beforeAll(async () => {
  seed = await seedModel()
})

beforeEach(async () => {
  ;[registry, mirror] = await Promise.all([startRegistryProxy(), startRegistryProxy()])
  for (const server of [registry, mirror]) {
    server.faults.instead = (path, request) => seedAnswer(seed, path, request)
  }
  model = `${registry.host}/ns/m`
})

afterEach(async () => {
  await Promise.all([registry.stop(), mirror.stop()])
})

const through = (...hosts: readonly string[]) => ({
  mirrors: { [registry.host]: hosts.map((host) => `http://${host}`).join(', ') },
})

test('a mirror gives all, and the registry is asked for nothing; the model keeps its name', async () => {
  const puller = await startTestPuller(through(mirror.host))
  const seen = new Set<string | undefined>()
  mirror.faults.instead = (path, request) => {
    seen.add(request.headers.authorization)
    return seedAnswer(seed, path, request)
  }
  await puller.pull(model, { credentials: account })
  expect(await puller.hasAll(registry.host, seed)).toBe(true)
  expect(registry.requests).toEqual([])
  expect(seen).toEqual(new Set([undefined])) // the account is the registry's
})

test('a mirror may be inside where the asker is not trusted; it is not pushed to for that', async () => {
  const listed = { trustsAsker: false, listed: [registry.host] }
  const puller = await startTestPuller({ ...listed, ...through(mirror.host) })
  await puller.pull(model)
  expect(registry.requests).toEqual([])
  await puller.put(mirror.host, seed)
  await expect(puller.push(`${mirror.host}/ns/m`)).rejects.toMatchObject({
    code: 'OD_REGISTRY_PUSH',
  })
})

test('mirrors that are gone, do not have the model or answer nonsense are passed over', async () => {
  const nonsense = await startRegistryProxy()
  onTestFinished(() => nonsense.stop())
  nonsense.faults.instead = () => ({ status: 200, body: '<html>' })
  mirror.faults.instead = () => ({ status: 404 })
  const puller = await startTestPuller(through('127.0.0.1:1', nonsense.host, mirror.host))
  await puller.pull(model)
  expect(await puller.hasAll(registry.host, seed)).toBe(true)
  expect([nonsense.requests.length, mirror.requests.length]).toEqual([1, 1])
})

test('A-99 (part: a mirror): wrong bytes of a mirror are thrown away and fetched from the registry', async () => {
  const puller = await startTestPuller(through(mirror.host))
  mirror.faults.instead = (path, request) => {
    const answer = seedAnswer(seed, path, request)
    if (!path.includes('/blobs/')) return answer
    const body = Buffer.from(answer.body ?? '')
    body[0] = (body[0] ?? 0) ^ 1
    return { ...answer, body }
  }
  await puller.pull(model)
  expect(await puller.hasAll(registry.host, seed)).toBe(true)
  expect(registry.requests.length).toBeGreaterThan(seed.blobs.size - 1)
})

test('a mirror that breaks down in the middle is followed by the registry, which sends the rest alone', async () => {
  const puller = await startTestPuller(through(mirror.host))
  let asked = 0
  mirror.faults.instead = (path, request) =>
    path.includes('/blobs/') && ++asked > 6 ? { status: 500 } : seedAnswer(seed, path, request)
  await puller.pull(model)
  expect(await puller.hasAll(registry.host, seed)).toBe(true)
  const total = [...seed.blobs.values()].reduce((sum, { length }) => sum + length, 0)
  expect(registry.blobBytes()).toBeGreaterThan(0)
  expect(registry.blobBytes() + mirror.blobBytes()).toBeLessThanOrEqual(total)
})
