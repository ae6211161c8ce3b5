/** What models may take on the disk, and what they leave. */
import { readdir, stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemDisk } from '../../../src/sys/store-files.ts'
import { digestOf, type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'

const megabyte = 1e6
let small: SeedModel
let large: SeedModel
let proxy: RegistryProxy
beforeAll(async () => {
  small = await seedModel(megabyte)
  large = await seedModel(5 * megabyte, 2)
  proxy = await startRegistryProxy()
  proxy.faults.instead = answers
})
afterAll(() => proxy.stop())

function answers(path: string, request: IncomingMessage) {
  return seedAnswer(path.includes('/large/') ? large : small, path, request)
}

const limited = (quotaBytes: number, reserveBytes = 0) => ({
  ...systemDisk,
  bounds: { quotaBytes, reserveBytes },
})
const sizeOf = ({ blobs }: SeedModel) =>
  [...blobs.values()].reduce((sum, { length }) => sum + length, 0)

test('S-120 (part: a quota for models): a pull that would pass it is refused before a byte of a file moves, and fits when another model goes', async () => {
  const quotaBytes = sizeOf(large) + 100_000
  const puller = await startTestPuller({ disk: limited(quotaBytes) })
  await puller.pull(`${proxy.host}/ns/m`)
  const before = proxy.blobBytes()
  await expect(puller.pull(`${proxy.host}/ns/large`)).rejects.toMatchObject({
    code: 'OD_MODEL_QUOTA',
    httpStatus: 507,
    message: expect.stringMatching(
      /^models may take [\d.]+ MB here, [\d.]+ MB of which are in use: [\d.]+ MB more do not fit$/,
    ),
    remedy: expect.stringContaining('models.quota'),
  })
  expect(proxy.blobBytes()).toBe(before)
  expect(await puller.hasAll(proxy.host, small)).toBe(true)
  await puller.pull(`${proxy.host}/ns/m`) // which needs nothing more
  await puller.store.remove({ host: proxy.host, namespace: 'ns', model: 'm', tag: 'latest' })
  await puller.pull(`${proxy.host}/ns/large`)
})

test('an upload that would pass it is refused, and nothing of it stays; the sender need not say how large it is', async () => {
  const puller = await startTestPuller({ disk: limited(megabyte) })
  const bytes = Buffer.alloc(2 * megabyte, 1)
  const chunks = async function* () {
    yield bytes
  }
  for (const sizeBytes of [bytes.length, undefined]) {
    const upload = { expected: digestOf(bytes), chunks: chunks(), sizeBytes }
    await expect(puller.store.receiveBlob(upload)).rejects.toMatchObject({ code: 'OD_MODEL_QUOTA' })
    expect(await readdir(join(puller.modelDir, 'blobs'))).toEqual([])
  }
})

test('what is left of a pull that broke off counts once: the rest of it fits into what is left', async () => {
  const puller = await startTestPuller({ disk: limited(sizeOf(large) + 300_000) })
  const model = `${proxy.host}/ns/large`
  const leaving = new AbortController()
  const filler =
    [...large.blobs.keys()].find((digest) => large.blobs.get(digest)?.length === 5 * megabyte) ?? ''
  proxy.faults.instead = (path, request) => {
    const [, first] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? []
    const isLate = path.includes(filler) && Number(first) > 4 * megabyte
    if (isLate) leaving.abort() // eight parts at a time come from the front
    return isLate ? { status: 404 } : answers(path, request)
  }
  await expect(puller.pull(model, { signal: leaving.signal })).rejects.toThrow()
  proxy.faults.instead = answers
  const partial = join(puller.modelDir, 'blobs', `.part-${filler.replace(':', '-')}`)
  expect((await stat(partial)).blocks * 512).toBeGreaterThan(megabyte)
  await puller.pull(model)
})

test('what is to be left free is left free', async () => {
  const disk = {
    ...limited(0, 20 * megabyte),
    freeBytes: async () => 20 * megabyte + sizeOf(small) - 1,
  }
  const puller = await startTestPuller({ disk })
  await expect(puller.pull(`${proxy.host}/ns/m`)).rejects.toMatchObject({ code: 'OD_DISK_FULL' })
  const more = await startTestPuller({
    disk: { ...disk, freeBytes: async () => 20 * megabyte + sizeOf(small) },
  })
  await more.pull(`${proxy.host}/ns/m`)
})
