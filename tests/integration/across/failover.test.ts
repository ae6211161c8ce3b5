/** Nodes, engines and links that fail while requests are on their way. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { type CheckSummary, checkEngine } from '../../../src/fake-engine/check/index.ts'
import { type FaultProxy, startFaultProxy } from '../../../src/fake-engine/proxy/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import {
  type ClusterNode,
  meet,
  startCluster,
  startClusterNode,
  untilUsable,
  usableAt,
} from '../../support/cluster/start.ts'
import type { FakeOllama } from '../../support/fake-ollama/start.ts'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'
import { asked, engineOf, generatePath, load, startFake, whole } from './across-setup.ts'

type Pair = readonly [ClusterNode, ClusterNode]

const streamed = { path: generatePath, body: '{"model":"tiny","prompt":"p"}' }
const died = '{"error":"an error was encountered while running the model: unexpected EOF"}\n'

/** So many questions at once, whose answers are checked byte by byte. */
function check(node: ClusterNode, clients: number): Promise<CheckSummary> {
  return checkEngine({
    baseUrl: node.origin,
    model: 'tiny',
    requests: clients,
    clients,
    isIndexed: true,
    tokensMax: 64,
    silenceMs: 30_000,
    clock: systemClock,
    signal: new AbortController().signal,
  })
}

function allOk(answers: number) {
  const none = { refused: 0, failed: 0, broken: 0, truncated: 0, corrupted: 0 }
  return { ...none, ok: answers }
}

/** Two nodes with an engine each, and the gateway of the first as the way in. */
async function startPair(
  timings: 'test' | 'wan' = 'test',
): Promise<{ nodes: Pair; own: FakeOllama; other: FakeOllama }> {
  const options = { answerTokens: 20, tokens: 'indexed' } as const
  const [own, other] = await Promise.all([startFake(options), startFake(options)])
  for (const fake of [own, other]) await load(fake) // otherwise one would be let in to have it loaded, and the rest wait
  const nodes = await startCluster(
    [own, other].map((fake) => ({ engines: engineOf(fake), timings })),
  )
  return { nodes: nodes as unknown as Pair, own, other }
}

const active = async (fake: FakeOllama) =>
  (await asked(fake)).filter(({ outcome }) => outcome === 'active').length

describe('before the first byte of an answer', () => {
  test.each([
    ['node is killed', (node: ClusterNode) => node.kill()],
    ['node stands still', (node: ClusterNode) => node.freeze()],
    ['engine is killed', (_: ClusterNode, engine: FakeOllama) => engine.kill()],
    ['engine breaks all off', (_: ClusterNode, engine: FakeOllama) => breakOff(engine)],
  ])('64 streams are answered without a failure when the other %s', async (_, strike) => {
    const { nodes, other } = await startPair('wan') // none may be suspect before it is struck
    const [entry, owner] = nodes
    await other.set({ hang: 'inference' })
    const checking = check(entry, 64)
    await until('half of them to be in its hands', async () => (await active(other)) >= 25, {
      timeoutMs: 40_000,
    })
    await strike(owner, other)
    const { classes } = await within('the answers', checking, 40_000)
    expect(classes).toEqual(allOk(64))
  })

  test('what comes after a death is not sent to the dead again and again', async () => {
    const { nodes } = await startPair('wan') // soft state takes its time
    const [entry, owner] = nodes
    await owner.kill()
    for (let i = 0; i < 40; i++) expect((await rawRequest(entry.origin, whole)).status).toBe(200)
    expect(entry.logged('engine.failed').length).toBeLessThanOrEqual(2)
    expect(entry.logged('node.cut-off').length).toBeLessThanOrEqual(1) // none where its death was heard of first
  })
})

describe('a stream that has begun', () => {
  test.each([
    ['the node is killed', (node: ClusterNode) => node.kill()],
    ['the node stands still', (node: ClusterNode) => node.freeze()],
    ['the engine is killed', (_: ClusterNode, engine: FakeOllama) => engine.kill()],
  ])('ends in an error object when %s', async (_, strike) => {
    const fake = await startFake({ tokens: 'indexed', answerTokens: 20 })
    const [entry, owner] = (await startCluster([
      { engines: [], role: 'gateway', timings: 'test' },
      { engines: engineOf(fake), timings: 'test' },
    ])) as unknown as Pair
    await fake.set({ holdAfterTokens: 3 })
    const connection = await connectRaw(entry.origin)
    onTestFinished(() => connection.destroy())
    await connection.request(streamed)
    const head = await connection.head()
    const pieces = connection.pieces(head)
    let text = ''
    const read = async () => {
      const { done, value } = await within('more of it', pieces.next(), 20_000)
      if (done !== true) text += value.bytes.toString()
      return done === true ? value : undefined
    }
    while (text.split('\n').length <= 3) await read()
    await strike(owner, fake)
    let isWhole: boolean | undefined
    while (isWhole === undefined) isWhole = await read()
    expect([head.status, isWhole]).toEqual([200, true])
    expect(text.split('\n')).toHaveLength(3 + 1 + 1)
    expect(text.endsWith(died)).toBe(true)
  })
})

describe('the way between two nodes', () => {
  /** As a pair, with a proxy on the way from the first to the second. */
  async function startApart(): Promise<{ nodes: Pair; proxy: FaultProxy; other: FakeOllama }> {
    const [own, other] = await Promise.all([startFake(), startFake()])
    const nodes = (await Promise.all(
      [own, other].map((fake) => startClusterNode({ engines: engineOf(fake), timings: 'test' })),
    )) as unknown as Pair
    const engine = { host: '127.0.0.1', port: nodes[1].linkPort }
    const proxy = await startFaultProxy({ engine, clock: systemClock })
    onTestFinished(() => proxy.stop())
    meet(nodes, (_, to) => (to === nodes[1] ? proxy.port : to.linkPort))
    await untilUsable(nodes, 2)
    return { nodes, proxy, other }
  }

  test('that is frozen: what waits is answered elsewhere, and the other is used again when it is not', async () => {
    const { nodes, proxy, other } = await startApart()
    const [entry, owner] = nodes
    proxy.set({ stall: 'both' })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => within('an answer', rawRequest(entry.origin, whole), 20_000)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    proxy.set({})
    await untilUsable([entry], 2)
    const before = (await asked(other)).length
    for (let i = 0; i < 4; i++) await rawRequest(entry.origin, whole)
    expect((await asked(other)).length).toBeGreaterThan(before)
    expect((await usableAt(owner.origin)).length).toBe(2)
  })

  test('that refuses: the first request finds out, the next ones do not try, until a link comes up again', async () => {
    const { nodes, proxy } = await startApart()
    const [entry, owner] = nodes
    proxy.set({ refuse: true })
    proxy.cut('rst')
    const nodesAsked = async () => {
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => rawRequest(entry.origin, whole)),
      )
      expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
      return new Set(answers.map((answer) => headerOf(answer, 'x-od-node')))
    }
    await until('it to be seen', async () => (await nodesAsked()).size === 1)
    expect(await nodesAsked()).toEqual(new Set([entry.peer]))
    proxy.set({})
    await until('it to be used again', async () => (await nodesAsked()).has(owner.peer))
  })
})

/** Every answer is cut before its first byte. */
async function breakOff(engine: FakeOllama): Promise<void> {
  await engine.set({ answer: { type: 'cut', afterTokens: 0 } })
}
