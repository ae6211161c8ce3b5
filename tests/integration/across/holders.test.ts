/** What any holder can answer, asked at a node that is none. */
import { expect, test } from 'vitest'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { engineOf, startFake } from './across-setup.ts'

/** Four nodes, of which the last has the model. */
async function startFour() {
  const fakes = await Promise.all(
    ['a', 'b', 'c', 'mine'].map((name) => startFake({ models: [{ name }] })),
  )
  const nodes = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
  return { holder: fakes[3], nodes: nodes.slice(0, 3), owner: nodes[3] as ClusterNode }
}

test('S-044: show works at every node when only one holds the model, with the bytes of the holder', async () => {
  const { holder, nodes, owner } = await startFour()
  const request = { path: '/api/show', body: '{"name":"MINE","verbose":true}' }
  const direct = await rawRequest(holder?.url ?? '', request)
  for (const node of nodes) {
    const got = await rawRequest(node.origin, request)
    expect([got.status, got.body.toString()]).toEqual([200, direct.body.toString()])
    expect(headerOf(got, 'x-od-node')).toBe(owner.peer)
  }
  const absent = await rawRequest(nodes[0]?.origin ?? '', { ...request, body: '{"model":"none"}' })
  expect([absent.status, absent.body.toString()]).toEqual([
    404,
    `{"error":"model 'none' not found"}`,
  ])
})

test('S-045: the vectors of a batch come in its order through another node', async () => {
  const { holder, nodes, owner } = await startFour()
  const input = Array.from({ length: 40 }, (_, i) => `text number ${i * 7919}`)
  const embed = { path: '/api/embed', body: JSON.stringify({ model: 'mine', input }) }
  const vectorsOf = async (origin: string, request: typeof embed) => {
    const got = await rawRequest(origin, request)
    expect(got.status).toBe(200)
    return JSON.parse(got.body.toString()) as { embeddings: unknown[]; embedding: unknown }
  }
  const each: unknown[] = []
  for (const text of input) {
    const body = JSON.stringify({ model: 'mine', input: text })
    each.push((await vectorsOf(holder?.url ?? '', { ...embed, body })).embeddings[0])
  }
  expect(new Set(each.map((vector) => JSON.stringify(vector))).size).toBe(input.length)
  for (const { origin } of nodes) {
    expect((await vectorsOf(origin, embed)).embeddings).toEqual(each)
    const old = { path: '/api/embeddings', body: '{"model":"mine","prompt":"text number 0"}' }
    const direct = await vectorsOf(holder?.url ?? '', old)
    expect((await vectorsOf(origin, old)).embedding).toEqual(direct.embedding)
  }
  expect(owner.logged('link.request.finished').length).toBeGreaterThan(0)
})
