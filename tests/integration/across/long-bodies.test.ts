/** Bodies of hundreds of megabytes, through one node and through two. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type ClusterNode,
  startCluster,
  startClusterNode,
  untilUsable,
} from '../../support/cluster/start.ts'
import { namelessFiles } from '../../support/nameless-files.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { bigChat, digestOf, sendChunks, startHashingEngine } from '../gateway/big-chat.ts'

const mib = 1024 * 1024
const bigBytes = 200 * mib
const big = digestOf(bigChat(bigBytes))
const bigReceived = { ...big, length: String(big.bytes) }

/** The most memory that a process ever had. Source: proc(5), VmHWM. */
function peakBytes({ pid }: ClusterNode): number {
  const [, kib = ''] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}

/** One small request each, so that what a first request needs is there. */
async function warmUp(node: ClusterNode): Promise<void> {
  for (let i = 0; i < 20; i++) await sendChunks(node.origin, bigChat(2 * mib))
}

const untilGone = (node: ClusterNode) =>
  until('its files to be gone', () => namelessFiles(node.pid, 'spool').length === 0)

describe.skipIf(process.platform !== 'linux')('a chat with pictures of 200 MiB', () => {
  test('S-035: through one node: the engine gets every byte, the node grows by less than 100 MiB', async () => {
    const engine = await startHashingEngine()
    const node = await startClusterNode({ engines: [{ id: 'local', url: engine.url }] })
    await untilUsable([node], 1)
    await warmUp(node)
    const beforeBytes = peakBytes(node)
    const got = await sendChunks(node.origin, bigChat(bigBytes))
    expect([got.status, JSON.parse(got.body)]).toMatchObject([200, { done: true }])
    expect(engine.received.at(-1)).toEqual(bigReceived)
    const grownBytes = peakBytes(node) - beforeBytes
    expect(grownBytes).toBeLessThan(100 * mib)
    await untilGone(node)
  })

  test('S-035: through two nodes: the same, for both', async () => {
    const engine = await startHashingEngine()
    const nodes = await startCluster([
      { engines: [] },
      { engines: [{ id: 'local', url: engine.url }] },
    ])
    const [entry, owner] = nodes
    if (entry === undefined || owner === undefined) throw new Error('no nodes')
    await untilUsable(nodes, 1)
    await warmUp(entry)
    const beforeBytes = nodes.map(peakBytes)
    const got = await sendChunks(entry.origin, bigChat(bigBytes), { bytes: big.bytes })
    expect([got.status, got.headers['x-od-node']]).toEqual([200, owner.peer])
    expect(engine.received.at(-1)).toEqual(bigReceived)
    const grownBytes = nodes.map((node, i) => peakBytes(node) - (beforeBytes[i] ?? 0))
    for (const bytes of grownBytes) expect(bytes).toBeLessThan(100 * mib)
    await Promise.all(nodes.map(untilGone))
  })
})

test('S-081 (part: engines): an engine of another node that dies in the middle of a long body is followed by one that gets it whole', async () => {
  const dying = await startHashingEngine((bytes, { socket }) => {
    if (bytes > 8 * mib) socket.resetAndDestroy()
  })
  const own = await startHashingEngine()
  const nodes = await startCluster([
    { engines: [{ id: 'local', url: own.url }] },
    { engines: [{ id: 'local', url: dying.url }] },
  ])
  const [entry, owner] = nodes
  if (entry === undefined || owner === undefined) throw new Error('no nodes')
  await untilUsable(nodes, 2)
  const body = [...bigChat(20 * mib)]
  const expected = digestOf(body)
  for (let i = 0; i < 2; i++) {
    const got = await sendChunks(entry.origin, body) // in turn: one of both begins with the one that dies
    expect([got.status, got.headers['x-od-node']]).toEqual([200, entry.peer])
  }
  expect(dying.received).toEqual([])
  const whole = { ...expected, length: String(expected.bytes) }
  expect(own.received).toEqual([whole, whole])
  await until('the death to be logged', () => entry.logged('engine.failed').length > 0)
})

test('S-081 (part: nodes): a node that is killed while it takes a long body is followed by another engine', async () => {
  const reached = Promise.withResolvers<void>()
  const slow = await startHashingEngine((bytes, { socket }) => {
    if (bytes < 4 * mib) return
    socket.pause() // it stands, with the rest of the body still at its node
    reached.resolve()
  })
  const own = await startHashingEngine()
  const nodes = await startCluster([
    { engines: [{ id: 'local', url: own.url }] },
    { engines: [{ id: 'local', url: slow.url }] },
  ])
  const [entry, owner] = nodes
  if (entry === undefined || owner === undefined) throw new Error('no nodes')
  await untilUsable(nodes, 2)
  const body = [...bigChat(30 * mib)]
  const asking = [sendChunks(entry.origin, body), sendChunks(entry.origin, body)]
  await reached.promise
  await owner.kill()
  for (const got of await Promise.all(asking)) {
    expect([got.status, got.headers['x-od-node']]).toEqual([200, entry.peer])
  }
  const whole = { ...digestOf(body), length: String(digestOf(body).bytes) }
  expect(own.received).toEqual([whole, whole])
  expect(
    (await rawRequest(entry.origin, { path: '/api/chat', body: '{"model":"tiny"}' })).status,
  ).toBe(200)
})
