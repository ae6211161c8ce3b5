/** What any holder can answer, asked at a node that is none. */
import { expect, test } from 'vitest'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { engineOf, startFake } from './across-setup.ts'

/** More models than a node can tell all others of, the newest first. */
const many = Array.from({ length: 400 }, (_, i) => `model-with-a-long-name-of-number-${i}`)

/** Four nodes, of which the last has the model, and so many others that its news do not name it. */
async function startFour() {
  const stocks = [['a'], ['b'], ['c'], [...many, 'mine']]
  const fakes = await Promise.all(
    stocks.map((names) => startFake({ models: names.map((name) => ({ name })) })),
  )
  const nodes = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
  return { holder: fakes[3], nodes: nodes.slice(0, 3), owner: nodes[3] as ClusterNode }
}

test('S-044, S-045: show works at every node when one of four holds the model, and vectors of a batch come in its order', async () => {
  const { holder, nodes, owner } = await startFour()
  const show = { path: '/api/show', body: '{"name":"MINE","verbose":true}' }
  const shown = await rawRequest(holder?.url ?? '', show)
  for (const node of nodes) {
    const got = await rawRequest(node.origin, show)
    expect([got.status, got.body.toString()]).toEqual([200, shown.body.toString()])
    expect(headerOf(got, 'x-od-node')).toBe(owner.peer)
  }
  const absent = await rawRequest(nodes[0]?.origin ?? '', { ...show, body: '{"model":"none"}' })
  const missing = `{"error":"model 'none' not found"}`
  expect([absent.status, absent.body.toString()]).toEqual([404, missing])

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
