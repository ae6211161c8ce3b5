/** What a registry that means ill may send: nothing of it is believed before it was looked at. */
import { readdir } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { startEngineProcess } from '../support/registry/engine-process.ts'
import { digestOf, type SeedModel, seedModel } from '../support/registry/model.ts'
import { type Instead, type RegistryProxy, startRegistryProxy } from '../support/registry/proxy.ts'
import { seedAnswer } from '../support/registry/seed-answers.ts'
import { startTestPuller } from '../support/registry/test-puller.ts'
import { startTlsRegistry } from '../support/registry/tls-registry.ts'
import { makeTemporaryDirectory } from '../support/temporary-directory.ts'

const mebibyte = 1024 * 1024
let seed: SeedModel
let weights: string
let registry: RegistryProxy
let model: string

beforeAll(async () => {
  seed = await seedModel()
  ;[weights = ''] = seed.blobs.keys()
  registry = await startRegistryProxy()
  model = `${registry.host}/ns/m`
})

beforeEach(() => {
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
  registry.requests.length = 0
})

afterAll(() => registry.stop())

/** A sound registry, whose answers with weights are changed. */
function spoiling(change: (answer: Instead, request: IncomingMessage) => Instead): void {
  registry.faults.instead = (path, request) => {
    const answer = seedAnswer(seed, path, request)
    return path.includes(weights) ? change(answer, request) : answer
  }
}

test('A-98: a manifest and a blob that unpack to far more are not unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * mebibyte, 0x20))
  const packed = { 'Content-Encoding': 'gzip' }
  const puller = await startTestPuller()
  registry.faults.instead = () => ({ status: 200, headers: packed, body: bomb })
  const before = process.memoryUsage().rss
  await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_PULL_MANIFEST' })
  expect(process.memoryUsage().rss - before).toBeLessThan(48 * mebibyte)
  spoiling((answer) => ({ ...answer, headers: { ...answer.headers, ...packed } }))
  await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_ANSWER' })
  expect(await puller.published()).toEqual([])
})

test('A-98: a part that does not end is read to the end that was promised, and no further', async () => {
  const puller = await startTestPuller()
  spoiling((answer) => ({
    ...answer,
    body: Buffer.concat([Buffer.from(answer.body ?? ''), Buffer.alloc(2 * mebibyte, 1)]),
  }))
  await puller.pull(model)
  expect(await puller.hasAll(registry.host, seed)).toBe(true)
})

test('A-99: bytes with one bit changed are not published, and nothing of them is kept', async () => {
  const puller = await startTestPuller()
  spoiling((answer, { headers }) => {
    if (headers.range?.startsWith('bytes=0-') !== true) return answer
    const body = Buffer.from(answer.body ?? '')
    body[1000] = (body[1000] ?? 0) ^ 1
    return { ...answer, body }
  })
  await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_PULL_DIGEST' })
  expect(await readdir(join(puller.modelDir, 'blobs'))).toEqual([])
})

test.each([
  ['bytes of another place', 'bytes 1-262144/3070144'],
  ['a layer that was truncated', 'bytes 0-262143/262144'],
])('A-100: %s are not taken', async (_, range) => {
  const puller = await startTestPuller()
  spoiling((answer) => ({ ...answer, headers: { 'Content-Range': range } }))
  await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_ANSWER' })
  expect(await puller.published()).toEqual([])
})

test('A-101: a tag that changes while it is pulled twice: each pull is one of both, whole', async () => {
  const other = await seedModel(2 * mebibyte, 8)
  const puller = await startTestPuller()
  let isChanged = false
  registry.faults.instead = (path, request) => {
    if (path.includes('/manifests/')) return seedAnswer(isChanged ? other : seed, path, request)
    const found = seedAnswer(seed, path, request)
    return found.status === 404 ? seedAnswer(other, path, request) : found
  }
  let second: Promise<unknown> | undefined
  const first = puller.pull(model, {
    onLine: ({ status }) => {
      if (!status.startsWith('pulling ') || status.endsWith('manifest') || isChanged) return
      isChanged = true
      second = puller.pull(model)
    },
  })
  await first
  await second
  const isOne = await Promise.all(
    [seed, other].map((one) => puller.hasAll(registry.host, one).catch(() => false)),
  )
  expect(isOne.filter(Boolean)).toHaveLength(1)
})

test('A-102: a certificate for another name, and one that is over, are refused with their authority known', async () => {
  const folder = await makeTemporaryDirectory()
  onTestFinished(() => folder.remove())
  const over = await startTlsRegistry(seed, 'localhost', ['24', '25'])
  onTestFinished(() => over.stop())
  const expired = await startEngineProcess(folder.path, { SSL_CERT_FILE: over.authority })
  onTestFinished(() => expired.kill())
  const pull = async (url: string, name: string) => {
    const body = JSON.stringify({ model: name, stream: false })
    return await (await fetch(`${url}/api/pull`, { method: 'POST', body })).json()
  }
  const answer = await pull(expired.url, `localhost:${over.port}/ns/m`)
  expect(answer).toMatchObject({ error: expect.stringContaining('expired') })
  const elsewhere = await startTlsRegistry(seed, 'elsewhere.example')
  onTestFinished(() => elsewhere.stop())
  const other = await makeTemporaryDirectory()
  onTestFinished(() => other.remove())
  const strict = await startEngineProcess(other.path, { SSL_CERT_FILE: elsewhere.authority })
  onTestFinished(() => strict.kill())
  const wrong = await pull(strict.url, `localhost:${elsewhere.port}/ns/m`)
  expect(wrong).toMatchObject({ error: expect.stringContaining('certificate') })
  const right = await pull(strict.url, `127.0.0.1:${elsewhere.port}/ns/m`)
  expect(right).toEqual({ status: 'success' })
  expect(over.requests).toEqual([])
})

test('A-117 (part: a registry): bytes of another digest than was asked for are thrown away', async () => {
  const puller = await startTestPuller()
  const foreign = Buffer.alloc(seed.blobs.get(weights)?.length ?? 0, 7)
  spoiling((answer, { headers }) => {
    const [, from = '0', end = ''] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? []
    return { ...answer, body: foreign.subarray(Number(from), Number(end) + 1) }
  })
  await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_PULL_DIGEST' })
  expect(await puller.published()).not.toContain(digestOf(foreign).replace(':', '-'))
})
