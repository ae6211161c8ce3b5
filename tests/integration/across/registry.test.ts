/** Pull and push through a gateway: which engine does it, and what a client sees of it. */
import { describe, expect, test } from 'vitest'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import { connectRaw, headerOf, type RawRequest, rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'
import type { Arrival } from '../gateway/receiving-engine.ts'
import { engineOf, listedAt, startFake, untilListed } from './across-setup.ts'
import { readText, startScripted } from './scripted-engine.ts'

const at = <Value>(list: readonly Value[], i: number) => list[i] as Value
const ask = (node: ClusterNode, request: RawRequest) => rawRequest(node.origin, request)
const textOf = ({ body }: { body: Buffer }) => body.toString()
const pull = (body: object) => ({ path: '/api/pull', body: JSON.stringify(body) })
const push = (body: object) => ({ path: '/api/push', body: JSON.stringify(body) })
const line = (value: object) => `${JSON.stringify(value)}\n`

async function startTwo(...stocks: [string[], string[]]) {
  const fakes = await Promise.all(
    stocks.map((names) => startFake({ models: names.map((name) => ({ name, weights: name })) })),
  )
  const nodes = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
  for (const name of stocks.flat()) await untilListed(at(nodes, 0), `${name}:latest`)
  return { fakes, nodes }
}

/** The gateway of a node without engines, and one engine behind another node. */
async function startScriptedPair(
  models: string[],
  script: (arrival: Arrival) => void | Promise<void>,
) {
  const engine = await startScripted(models, script)
  const [way, owner] = await startCluster([
    { engines: [] },
    { engines: [{ id: 'local', url: engine.url }] },
  ])
  return { engine, way: way as ClusterNode, owner: owner as ClusterNode }
}

describe('a pull', () => {
  test('S-037 (part: one node): has the lines of the engine byte for byte, and the model is in every list', async () => {
    const { fakes, nodes } = await startTwo(['tiny'], ['there', 'tiny'])
    const direct = await rawRequest(at(fakes, 0).url, pull({ model: 'other' }))
    for (const [name, body] of Object.entries({ new: { model: 'new' }, old: { name: 'old' } })) {
      const got = await ask(at(nodes, 0), pull(body))
      expect([got.status, textOf(got)]).toEqual([200, textOf(direct)])
      expect(headerOf(got, 'content-type')).toBe('application/x-ndjson')
      expect(headerOf(got, 'x-od-node')).toBe(at(nodes, 0).peer) // asked here, done here
      for (const node of nodes) {
        expect(await listedAt(node)).toContain(`${name}:latest`)
      }
    }
    const there = await ask(at(nodes, 0), pull({ model: 'there', stream: false }))
    expect([there.status, textOf(there)]).toEqual([200, '{"status":"success"}'])
    expect(headerOf(there, 'x-od-node')).toBe(at(nodes, 1).peer) // where the name is already
    expect(textOf(direct).match(/"success"/g)).toHaveLength(1)
    expect(textOf(direct).endsWith('{"status":"success"}\n')).toBe(true)
  })

  test('that an engine refuses, or cannot do, is told in its words', async () => {
    const { nodes } = await startTwo(['tiny'], ['tiny'])
    const refusals: [number, object, string][] = [
      [400, { model: '' }, 'invalid model name'],
      [400, { model: 'm/' }, 'invalid model name'],
      [400, { model: 'a:cloud:local' }, 'use either :local or :cloud, not both: "a:cloud:local"'],
      [403, { model: 'a:cloud' }, 'ollama cloud is disabled: remote model is unavailable'],
    ]
    for (const [status, body, error] of refusals) {
      const got = await ask(at(nodes, 0), pull(body))
      expect([got.status, JSON.parse(textOf(got))]).toEqual([status, { error }])
    }
    const got = await ask(at(nodes, 0), pull({ model: 'example.com/ns/m' }))
    expect([got.status, textOf(got)]).toEqual([
      200,
      line({ status: 'pulling manifest' }) +
        line({ error: 'pull model manifest: file does not exist' }),
    ])
  })

  test('whose node dies ends with an error in a line of its own, and is asked of nobody else', async () => {
    const arrived = Promise.withResolvers<Arrival>()
    const dying = await startScripted(['new:latest'], arrived.resolve)
    const fake = await startFake()
    const nodes = await startCluster([
      { engines: engineOf(fake) },
      { engines: [{ id: 'local', url: dying.url }] },
    ])
    await untilListed(at(nodes, 0), 'new:latest')
    const connection = await connectRaw(at(nodes, 0).origin)
    await connection.request(pull({ model: 'new' }))
    const { response } = await arrived.promise
    const first = line({ status: 'pulling manifest' })
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
    response.write(`${first}{"status":"pull`)
    let text = ''
    for await (const { bytes } of connection.pieces(await connection.head())) {
      text += bytes.toString()
      if (text === first) await at(nodes, 1).kill()
    }
    const error = `the engine local@${at(nodes, 1).peer} did not say what became of the request: its outcome is unknown`
    expect(text).toBe(first + line({ error }))
    expect((await fake.requests()).filter(({ method }) => method === 'POST')).toEqual([])
  })

  test('at another node that ends without success is no success; it ends there when its client leaves', async () => {
    const arrived = Promise.withResolvers<Arrival>()
    const { way, owner } = await startScriptedPair([], async (arrival) => {
      const { request, response } = arrival
      const isLong = (await readText(request)).includes('long')
      response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
      response.write(line({ status: 'pulling manifest' }))
      if (isLong) arrived.resolve(arrival)
      else response.end()
    })
    const error = `the engine local@${owner.peer} did not say what became of the request: its outcome is unknown`
    const got = await ask(way, pull({ model: 'new' }))
    expect(textOf(got)).toBe(line({ status: 'pulling manifest' }) + line({ error }))
    const connection = await connectRaw(way.origin)
    await connection.request(pull({ model: 'long' }))
    const { closed } = await arrived.promise
    await connection.head()
    connection.destroy()
    await within('the engine to hear of it', closed)
  })
})

describe('a push', () => {
  test('S-038: goes to a node that holds the model, whose lines come back byte for byte', async () => {
    const { fakes, nodes } = await startTwo(['tiny'], ['mine'])
    const direct = await rawRequest(at(fakes, 1).url, push({ model: 'mine' }))
    for (const body of [{ model: 'mine' }, { name: 'MINE' }]) {
      const got = await ask(at(nodes, 0), push(body))
      expect([got.status, textOf(got)]).toEqual([200, textOf(direct)])
      expect(headerOf(got, 'x-od-node')).toBe(at(nodes, 1).peer)
    }
    expect(textOf(direct).endsWith('{"status":"success"}\n')).toBe(true)
    expect((await at(fakes, 0).requests()).filter(({ method }) => method === 'POST')).toEqual([])
  })

  test('S-038: of a model that nobody holds is 404, of one whose node is gone 503; what else is wrong is said first', async () => {
    const { fakes, nodes } = await startTwo(['tiny'], ['mine'])
    for (const stream of [true, false]) {
      const got = await ask(at(nodes, 0), push({ model: 'Absent', stream }))
      expect([got.status, textOf(got)]).toEqual([404, `{"error":"model 'Absent' not found"}`])
    }
    for (const fake of fakes) {
      expect((await fake.requests()).filter(({ method }) => method === 'POST')).toEqual([])
    }
    const misfit =
      'json: cannot unmarshal string into Go struct field PushRequest.insecure of type bool'
    const unqualified = 'unqualified name: registry.ollama.ai/library/a b:latest'
    const refusals: [number, string, string][] = [
      [400, '', 'missing request body'],
      [400, '{}', 'model is required'],
      [400, '{"model":"absent","insecure":"yes"}', misfit],
      [500, '{"model":"a b","stream":false}', unqualified],
    ]
    for (const [status, body, error] of refusals) {
      const got = await ask(at(nodes, 0), { path: '/api/push', body })
      expect([got.status, JSON.parse(textOf(got))]).toEqual([status, { error }])
    }
    await at(nodes, 1).kill()
    const got = await until('it to be out of use', async () => {
      const answer = await ask(at(nodes, 0), push({ model: 'mine' }))
      return answer.status === 503 && answer
    })
    expect(JSON.parse(textOf(got)).error).toContain(`local@${at(nodes, 1).peer}: unhealthy`)
  })
})
