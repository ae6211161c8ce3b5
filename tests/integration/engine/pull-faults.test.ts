/** What becomes of a pull when the registry, the way to it or the disk is not sound. */
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemDisk } from '../../../src/sys/store-files.ts'
import { type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'

const partBytes = 256 * 1024
const connections = 8

let seed: SeedModel
let registry: RegistryProxy
let model: string
let totalBytes: number
let weights: string

beforeAll(async () => {
  seed = await seedModel()
  registry = await startRegistryProxy()
  model = `${registry.host}/ns/m`
  const sizes = [...seed.blobs].map(([digest, { length }]) => ({ digest, length }))
  totalBytes = sizes.reduce((sum, { length }) => sum + length, 0)
  weights = sizes.toSorted((a, b) => b.length - a.length)[0]?.digest ?? ''
})

beforeEach(() => {
  for (const name of Object.keys(registry.faults)) Reflect.deleteProperty(registry.faults, name)
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
  registry.requests.length = 0
})

afterAll(() => registry.stop())

describe('bytes', () => {
  test('A-99, F-49: bytes of another hash are not published, and nothing of them is kept', async () => {
    const puller = await startTestPuller()
    registry.faults.instead = (path, request) => {
      const answer = seedAnswer(seed, path, request)
      if (!path.includes(weights) || request.headers.range?.startsWith('bytes=0-') !== true) {
        return answer
      }
      const body = Buffer.from(answer.body ?? '')
      body[1000] = (body[1000] ?? 0) ^ 1
      return { ...answer, body }
    }
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_PULL_DIGEST' })
    expect(await puller.published()).toEqual([])
    expect(await readdir(join(puller.modelDir, 'blobs'))).toEqual([])
  })

  test('A-100: a server that knows no ranges is read once', async () => {
    const puller = await startTestPuller()
    registry.faults.instead = (path) => seedAnswer(seed, path, { headers: {} })
    const before = registry.blobBytes()
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
    const asked = registry.requests.filter((line) => line.includes(weights)).length
    expect(asked).toBeLessThanOrEqual(connections + 1)
    expect(registry.blobBytes() - before).toBeLessThanOrEqual((connections + 1) * totalBytes)
  })

  test.each([
    ['another place', 'bytes 1-262144/3070144'],
    ['another size', 'bytes 0-262143/3070143'],
    ['no place', 'bytes */3070144'],
  ])('A-100: an answer with %s is not taken', async (_, range) => {
    const puller = await startTestPuller()
    registry.faults.instead = (path, request) => {
      const answer = seedAnswer(seed, path, request)
      return path.includes(weights) ? { ...answer, headers: { 'Content-Range': range } } : answer
    }
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_REGISTRY_ANSWER' })
    expect(await puller.published()).toEqual([])
  })

  test('A-115 (part: what a pull left): a part that rotted on the disk is fetched again, and no other', async () => {
    const puller = await startTestPuller()
    const stop = new AbortController()
    registry.faults.instead = (path, request) => {
      if (request.headers.range?.startsWith(`bytes=${11 * partBytes}-`) === true) {
        stop.abort(new Error('left'))
      }
      return seedAnswer(seed, path, request)
    }
    await expect(puller.pull(model, { signal: stop.signal })).rejects.toThrow('left')
    const partial = join(puller.modelDir, 'blobs', `.part-${weights.replace(':', '-')}`)
    const journal = await readFile(`${partial}.journal`, 'utf8')
    const noted = [...journal.matchAll(/^part (\d+) /gm)].map(([, index]) => Number(index))
    const rotten = noted[0] ?? -1
    const bytes = await readFile(partial)
    bytes[rotten * partBytes] = (bytes[rotten * partBytes] ?? 0) ^ 1
    await writeFile(partial, bytes)
    registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
    registry.requests.length = 0
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
    const ofWeights = registry.requests.filter((line) => line.includes(weights))
    const asked = ofWeights.map((line) => /bytes=(\d+)-/.exec(line)?.[1])
    const again = noted.filter((index) => asked.includes(String(index * partBytes)))
    expect([noted.length > 1, again]).toEqual([true, [rotten]])
  })

  test('a blob that is shorter than the manifest says is fetched again', async () => {
    const puller = await startTestPuller()
    await puller.pull(model)
    await truncate(puller.blobFile(weights), 100)
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
  })
})

describe('the way', () => {
  test('F-48: connections that break and servers that are busy cost little: each part goes on where it was', async () => {
    const puller = await startTestPuller()
    let asked = 0
    registry.faults.instead = (path, request) => {
      const answer = seedAnswer(seed, path, request)
      if (!path.includes(weights)) return answer
      asked++
      if (asked % 7 === 3) return { status: 429, headers: { 'Retry-After': '0' } }
      if (asked % 7 === 5) return { status: 500 }
      const body = Buffer.from(answer.body ?? '')
      if (asked % 2 === 0 || body.length < 200_000) return answer
      const headers = { ...answer.headers, 'Content-Length': String(body.length) }
      return { ...answer, headers, body: body.subarray(0, 150_000), isCut: true }
    }
    const before = registry.blobBytes()
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
    const ratio = (registry.blobBytes() - before) / totalBytes
    console.log(`broken connections: ${ratio.toFixed(3)} of the bytes`)
    expect(ratio).toBeLessThanOrEqual(1.1)
  })

  test('a client that leaves ends the transfer, and the next pull goes on', async () => {
    const puller = await startTestPuller()
    const stop = new AbortController()
    const before = registry.blobBytes()
    let isFirst = true
    registry.faults.instead = (path, request) => {
      if (isFirst && registry.blobBytes() - before > totalBytes / 2) stop.abort(new Error('left'))
      return seedAnswer(seed, path, request)
    }
    await expect(puller.pull(model, { signal: stop.signal })).rejects.toThrow('left')
    isFirst = false
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
    expect(registry.blobBytes() - before).toBeLessThanOrEqual(totalBytes + connections * partBytes)
  })

  test('pulls of the same model share one transfer, also when the first client leaves', async () => {
    const puller = await startTestPuller()
    const before = registry.blobBytes()
    const stop = new AbortController()
    const first = puller.pull(model, {
      signal: stop.signal,
      onLine: ({ status, completed = 0 }) => {
        if (status.startsWith('pulling ') && completed > 0) stop.abort(new Error('left'))
      },
    })
    const others = [puller.pull(model), puller.pull(model), puller.pull(model)]
    await first.catch((error: unknown) => expect(error).toEqual(new Error('left')))
    await Promise.all(others)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
    expect(registry.blobBytes() - before).toBe(totalBytes)
  })
})

describe('the disk', () => {
  test('F-41 (part: no room to begin with): says so before anything is fetched', async () => {
    const disk = { ...systemDisk, freeBytes: async () => 512 * 1024 * 1024 + 1_000_000 }
    const puller = await startTestPuller({ disk })
    await expect(puller.pull(model)).rejects.toMatchObject({ code: 'OD_DISK_FULL' })
    expect(registry.requests.filter((line) => line.includes('/blobs/'))).toEqual([])
  })
})
