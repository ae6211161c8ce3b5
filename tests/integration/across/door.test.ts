/** The owner's door, which requests of all gateways pass. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import { connectRaw, type RawConnection } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { asked, askJson, engineOf, load, startFake, whole } from './across-setup.ts'

async function send(node: ClusterNode): Promise<RawConnection> {
  const connection = await connectRaw(node.origin)
  onTestFinished(() => connection.destroy())
  await connection.request(whole)
  return connection
}

interface Instances {
  readonly instances: readonly { node: string; activeRequests: number; queuedRequests?: number }[]
}

async function queuedAt(owner: ClusterNode): Promise<number | undefined> {
  const { instances } = await askJson<Instances>(owner, '/api/v1/instances')
  return instances.find(({ node }) => node === owner.peer)?.queuedRequests
}

describe('S-099 (part: across nodes): max_concurrent 4', () => {
  test('and three gateways with 20 clients each: never a fifth is at the engine, and all are answered', async () => {
    const fake = await startFake({ parallel: 100, tokenIntervalMs: 5 })
    await load(fake)
    const nodes = await startCluster([
      { engines: engineOf(fake), slots: 4 },
      { engines: [], role: 'gateway' },
      { engines: [], role: 'gateway' },
    ])
    const all = nodes.flatMap((node) => Array.from({ length: 20 }, () => send(node)))
    const answers = await Promise.all((await Promise.all(all)).map((one) => one.answer()))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const { generatingMax, requests } = await fake.stats()
    expect(generatingMax).toBe(4)
    expect(requests).toBeGreaterThanOrEqual(61)
  })

  test('two nodes: what finds the engine of one full goes to the other at once, and waits only when both are', async () => {
    const fakes = await Promise.all([startFake(), startFake()])
    for (const fake of fakes) await load(fake)
    const nodes = await startCluster(
      fakes.map((fake) => ({ engines: engineOf(fake), slots: 4, strategy: 'round_robin' })),
    )
    const [entry, other] = nodes as unknown as [ClusterNode, ClusterNode]
    for (const fake of fakes) await fake.set({ holdAfterTokens: 1 })
    const held = async () => Promise.all(fakes.map(async (fake) => (await fake.stats()).held))
    // Four through the one gateway, whose round robin would send half of them each way …
    const first = await Promise.all(Array.from({ length: 4 }, () => send(other)))
    await until('four to be at work', async () => (await held()).reduce((a, b) => a + b) === 4)
    // … and four through the other, which knows nothing of those yet.
    const second = await Promise.all(Array.from({ length: 4 }, () => send(entry)))
    await until('eight to be at work', async () => (await held()).join() === '4,4')
    const third = await Promise.all(Array.from({ length: 3 }, () => send(entry)))
    await until('three to wait', async () => {
      const queued = await Promise.all([entry, other].map(queuedAt))
      return queued.reduce((sum: number, one) => sum + (one ?? 0), 0) === 3
    })
    for (const fake of fakes) await fake.set({})
    const answers = [...first, ...second, ...third].map((connection) => connection.answer())
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(11).fill(200))
    expect(entry.logged('queue.refused')).toEqual([])
  })
})

describe('a client that leaves', () => {
  test('stops the engine of the other node at once', async () => {
    const fake = await startFake()
    const [entry] = await startCluster([
      { engines: [], role: 'gateway' },
      { engines: engineOf(fake) },
    ])
    await fake.set({ holdAfterTokens: 1 })
    const client = await send(entry as ClusterNode)
    await until('the engine to be at work', async () => (await fake.stats()).held === 1)
    client.destroy()
    const leftMs = performance.now()
    await until('the engine to stop', async () => (await fake.stats()).aborted === 1)
    expect(performance.now() - leftMs).toBeLessThan(1_000)
  })

  test('leaves the queue of the other node too, and the engine never sees its request', async () => {
    const fake = await startFake()
    await load(fake)
    const [entry, owner] = (await startCluster([
      { engines: [], role: 'gateway' },
      { engines: engineOf(fake), slots: 1 },
    ])) as unknown as [ClusterNode, ClusterNode]
    await fake.set({ holdAfterTokens: 1 })
    const first = await send(entry)
    await until('the slot to be taken', async () => (await fake.stats()).held === 1)
    const second = await send(entry)
    await until('one to wait', async () => (await queuedAt(owner)) === 1)
    second.destroy()
    await until('nobody to wait', async () => (await queuedAt(owner)) === 0)
    await fake.set({})
    expect((await first.answer()).status).toBe(200)
    expect(await asked(fake)).toHaveLength(2)
  })
})
