/** Requests that enter at one node and are answered by the engine of another; every node is a process. */
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type ClusterNode,
  startCluster,
  untilUsable,
  usableAt,
} from '../../support/cluster/start.ts'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { asked, engineOf, generatePath, load, startFake, whole } from './across-setup.ts'

type Pair = readonly [ClusterNode, ClusterNode]
type Three = readonly [ClusterNode, ClusterNode, ClusterNode]

describe('a request that enters at a node without engines', () => {
  test('S-001 (part: across nodes): is answered by the engine of another, which the answer names; its bytes pass unchanged', async () => {
    const fake = await startFake()
    const [entry, owner] = (await startCluster([
      { engines: [], role: 'gateway' },
      { engines: engineOf(fake) },
    ])) as unknown as Pair
    const body = '{ "model":"tiny" , "prompt":"\\u00e9 x","stream":false,"options":{"seed":7}}'
    const got = await rawRequest(entry.origin, { path: `${generatePath}?a=b`, body })
    expect(got.status).toBe(200)
    expect(headerOf(got, 'x-od-node')).toBe(owner.peer)
    expect(headerOf(got, 'x-od-engine')).toBe('local')
    const [sent] = await asked(fake)
    expect([sent?.target, sent?.body]).toEqual([`${generatePath}?a=b`, body])
    expect(sent?.headers.filter(([name]) => name.toLowerCase().startsWith('x-od-'))).toEqual([])
    const requestId = headerOf(got, 'x-od-request-id')
    const lineOf = (node: ClusterNode, event: string) =>
      until(event, () => node.logged(event).find((line) => line['requestId'] === requestId))
    const line = { status: 200, model: 'registry.ollama.ai/library/tiny:latest' }
    expect(await lineOf(entry, 'request.finished')).toMatchObject(line)
    expect(await lineOf(owner, 'link.request.finished')).toMatchObject({
      ...line,
      engine: 'local',
      peer: entry.peer,
    })
  })

  test('gets what only looks up, and the errors of the engine in its own words', async () => {
    const fake = await startFake()
    const [entry] = (await startCluster([
      { engines: [], role: 'gateway' },
      { engines: engineOf(fake) },
    ])) as unknown as Pair
    for (const request of [
      { path: '/api/show', body: '{"model":"tiny"}' },
      { path: '/api/show', body: '{"model":"none"}' },
      { path: generatePath, body: '{"model":"tiny","keep_alive":0}' },
      { path: '/api/embed', body: '{"model":"tiny","input":"x"}' },
    ]) {
      const direct = await rawRequest(fake.url, request)
      const got = await rawRequest(entry.origin, request)
      const words = ({ body }: { body: Buffer }) =>
        body.toString().replaceAll(/"(created_at|\w+_duration)":("[^"]*"|\d+)/g, '')
      expect([got.status, words(got)]).toEqual([direct.status, words(direct)])
    }
  })
})

describe('the strategies over all nodes', () => {
  test('S-030 (part: across nodes): 300 requests to one gateway give each of three nodes a hundred', async () => {
    const fakes = await Promise.all([startFake(), startFake(), startFake()])
    const nodes = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
    const origin = nodes[0]?.origin ?? ''
    const client = async () => {
      for (let i = 0; i < 30; i++) expect((await rawRequest(origin, whole)).status).toBe(200)
    }
    await Promise.all(Array.from({ length: 10 }, client))
    for (const fake of fakes) {
      const { length } = await asked(fake)
      expect(length).toBeGreaterThanOrEqual(90)
      expect(length).toBeLessThanOrEqual(110)
    }
  })

  test('S-031 (part: across nodes): what only another node has in memory goes there, 50 of 50, although this one is idle', async () => {
    const [own, other] = await Promise.all([startFake(), startFake()])
    await load(other)
    const [entry] = await startCluster(
      [own, other].map((fake) => ({
        engines: engineOf(fake),
        strategy: 'model_affinity',
      })),
    )
    for (let i = 0; i < 50; i++) await rawRequest(entry?.origin ?? '', whole)
    expect((await asked(other)).length - 1).toBe(50)
    expect(await asked(own)).toEqual([])
  })

  test('of equal ones the engine of this node is taken', async () => {
    const [own, other] = await Promise.all([startFake(), startFake()])
    const [entry] = await startCluster(
      [own, other].map((fake) => ({
        engines: engineOf(fake),
        strategy: 'least_loaded',
      })),
    )
    for (let i = 0; i < 10; i++) await rawRequest(entry?.origin ?? '', whole)
    expect([(await asked(own)).length, (await asked(other)).length]).toEqual([10, 0])
  })
})

describe('S-032 (part: across nodes): an engine of another node that is not well', () => {
  test('gets nothing from the moment it is seen, and again when it is back', async () => {
    const [own, other] = await Promise.all([startFake(), startFake()])
    const nodes = (await startCluster(
      [own, other].map((fake) => ({
        engines: engineOf(fake),
        probeMs: 200,
        strategy: 'round_robin',
      })),
    )) as unknown as Pair
    const [entry] = nodes
    await other.set({ hang: 'all' })
    await until('it to be out of use', async () => (await usableAt(entry.origin)).length === 1)
    const before = (await asked(other)).length
    for (let i = 0; i < 20; i++) {
      expect((await rawRequest(entry.origin, whole)).status).toBe(200)
    }
    expect((await asked(other)).length).toBe(before)
    await other.set({})
    await untilUsable([entry], 2)
    // Its lists of models come some moments after the word that it is well.
    await until('it to be asked again', async () => {
      await rawRequest(entry.origin, whole)
      return (await asked(other)).length > before
    })
  })
})

describe('a node that lends nothing', () => {
  test('drains: what runs goes on, nothing new comes, until it is back', async () => {
    const [own, other] = await Promise.all([startFake(), startFake()])
    const nodes = (await startCluster(
      [own, other].map((fake) => ({ engines: engineOf(fake) })),
    )) as unknown as Pair
    const [entry, drained] = nodes
    await other.set({ holdAfterTokens: 1 })
    await own.set({ holdAfterTokens: 1 })
    const running = await Promise.all([0, 1].map(() => connectRaw(entry.origin)))
    for (const connection of running) {
      onTestFinished(() => connection.destroy())
      await connection.request(whole)
    }
    await until('both to be at work', async () => (await other.stats()).held === 1)
    drained.tell({ type: 'drain', isDraining: true })
    await until('it to be seen', async () => (await usableAt(entry.origin)).length === 1)
    await own.set({})
    for (let i = 0; i < 10; i++) await rawRequest(entry.origin, whole)
    expect((await asked(other)).length).toBe(1)
    await other.set({})
    for (const connection of running) expect((await connection.answer()).status).toBe(200)
    drained.tell({ type: 'drain', isDraining: false })
    await untilUsable([entry], 2)
  })

  test('S-118 (part: roles): is one whose role is storage or gateway, although it has an engine for itself', async () => {
    const [lent, kept] = await Promise.all([startFake(), startFake()])
    const [entry, , storing] = (await startCluster([
      { engines: [], role: 'gateway' },
      { engines: engineOf(lent) },
      { engines: engineOf(kept), role: 'storage' },
    ])) as unknown as Three
    for (let i = 0; i < 6; i++) await rawRequest(entry.origin, whole)
    expect((await usableAt(entry.origin)).map(({ node }) => node)).not.toContain(storing.peer)
    expect(await asked(kept)).toEqual([])
  })
})
