/** Copy, delete and create, through a gateway whose own node may have nothing to do with it. */
import { describe, expect, test } from 'vitest'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import type { FakeOllama } from '../../support/fake-ollama/start.ts'
import { headerOf, type RawRequest, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { askJson, engineOf, listedAt, startFake, untilListed } from './across-setup.ts'
import { startScripted } from './scripted-engine.ts'

const copy = { path: '/api/copy', body: '{"source":"tiny","destination":"twin"}' }
const remove = { method: 'DELETE', path: '/api/delete', body: '{"model":"tiny"}' }

/** Models of three nodes with an Ollama each: the last one has another. */
const stocks = [['tiny'], ['tiny', 'second'], ['third']]

async function startThree(): Promise<{
  fakes: FakeOllama[]
  nodes: readonly ClusterNode[]
}> {
  const fakes = await Promise.all(
    stocks.map((names) => startFake({ models: names.map((name) => ({ name, weights: name })) })),
  )
  const nodes = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
  for (const node of nodes)
    for (const name of ['second', 'third']) await untilListed(node, `${name}:latest`)
  return { fakes, nodes }
}

/** What an engine says itself that it has. */
async function modelsOf({ url }: { url: string }): Promise<string[]> {
  const { body } = await rawRequest(url, { method: 'GET', path: '/api/tags' })
  const { models } = JSON.parse(body.toString()) as { models: { name: string }[] }
  return models.map(({ name }) => name).toSorted()
}

const at = <Value>(list: readonly Value[], i: number) => list[i] as Value
const ask = (node: ClusterNode, request: RawRequest) => rawRequest(node.origin, request)
const errorOf = ({ body }: { body: Buffer }) => JSON.parse(body.toString()).error as string
const create = (node: ClusterNode, body: object) =>
  ask(node, { path: '/api/create', body: JSON.stringify(body) })
const idAt = ({ peer }: ClusterNode) => `local@${peer}`

describe('a change that concerns every holder', () => {
  test('S-046, S-047 (part: nodes that are there): a copy appears on all holders and on no other, a delete leaves none, whatever node is asked', async () => {
    const { fakes, nodes } = await startThree()
    const lethal = { model: 'made', from: 'third', info: { model_family: 1 } }
    expect((await create(at(nodes, 0), lethal)).status).toBe(400) // it would end an Ollama, and reaches none
    for (const fake of fakes) {
      expect((await fake.requests()).filter(({ method }) => method === 'POST')).toEqual([])
    }
    const got = await ask(at(nodes, 2), copy)
    expect([got.status, got.body.length]).toEqual([200, 0])
    expect(headerOf(got, 'x-od-engine')?.split(', ').toSorted()).toEqual(
      [idAt(at(nodes, 0)), idAt(at(nodes, 1))].toSorted(),
    )
    expect(await modelsOf(at(fakes, 0))).toEqual(['tiny:latest', 'twin:latest'])
    expect(await modelsOf(at(fakes, 1))).toEqual(['second:latest', 'tiny:latest', 'twin:latest'])
    expect(await modelsOf(at(fakes, 2))).toEqual(['third:latest'])
    for (const node of nodes) expect(await listedAt(node)).toContain('twin:latest')

    expect((await ask(at(nodes, 2), remove)).status).toBe(200)
    const left = ['second:latest', 'third:latest', 'twin:latest']
    for (const node of nodes) expect(await listedAt(node)).toEqual(left)
    for (const fake of fakes) expect(await modelsOf(fake)).not.toContain('tiny:latest')
    const again = await ask(at(nodes, 0), remove)
    expect([again.status, errorOf(again)]).toEqual([404, "model 'tiny' not found"])

    const from = { model: 'made', from: 'third', system: 'Be brief.' }
    const made = await create(at(nodes, 0), from)
    expect(made.status).toBe(200)
    expect(made.body.toString().trim().split('\n').at(-1)).toBe('{"status":"success"}')
    expect(headerOf(made, 'x-od-node')).toBe(at(nodes, 2).peer) // where the model to start from is
    expect(await modelsOf(at(fakes, 2))).toEqual(['made:latest', 'third:latest'])
    for (const node of nodes) expect(await listedAt(node)).toContain('made:latest')
  })

  test('S-046: what one node cannot do is told with its node, and the others have done it', async () => {
    const full = await startScripted(['tiny:latest'], ({ response }) => {
      response.writeHead(507, { 'Content-Type': 'application/json' }).end('{"error":"full"}')
    })
    const fake = await startFake()
    const nodes = await startCluster([
      { engines: engineOf(fake) },
      { engines: [{ id: 'local', url: full.url }] },
    ])
    const got = await ask(at(nodes, 0), copy)
    expect([got.status, errorOf(got)]).toEqual([
      502,
      `done on local, but not on ${idAt(at(nodes, 1))} (status 507)`,
    ])
    expect(await modelsOf(fake)).toEqual(['tiny:latest', 'twin:latest'])
    expect(full.heard).toEqual(['POST /api/copy'])
  })

  test('S-046, S-047 (part: nodes that are there): a holder whose node is gone is named, never passed over', async () => {
    const { nodes } = await startThree()
    await at(nodes, 1).kill()
    const gone = idAt(at(nodes, 1))
    await until('it to be out of use', async () => {
      const { instances } = await askJson<{ instances: { id: string; state: string }[] }>(
        at(nodes, 0),
        '/api/v1/instances',
      )
      return instances.some(({ id, state }) => id === gone && state !== 'running')
    })
    const half = await ask(at(nodes, 0), copy)
    expect([half.status, errorOf(half)]).toEqual([
      502,
      `done on local, but not on ${gone} (not reached)`,
    ])
    const missed = await until('it to be in the log', () => at(nodes, 0).logged('change.missed')[0])
    expect(missed).toMatchObject({
      engine: gone,
      reason: expect.stringContaining('its node node-1'),
    })
    const nowhere = await ask(at(nodes, 0), {
      ...remove,
      body: '{"model":"second"}',
    })
    expect(nowhere.status).toBe(503)
    expect(errorOf(nowhere)).toContain(`${gone}: unhealthy`)
    expect((await ask(at(nodes, 0), { ...remove, body: '{"model":"third"}' })).status).toBe(200)
  })

  test('an owner that stands still is waited for, and its outcome is said to be unknown', async () => {
    const silent = await startScripted(['tiny:latest'], () => {})
    const fake = await startFake()
    const nodes = await startCluster([
      { engines: engineOf(fake) },
      { engines: [{ id: 'local', url: silent.url }] },
    ])
    const answer = ask(at(nodes, 0), remove)
    await until('it to be asked', () => silent.heard.length === 1)
    await at(nodes, 1).kill()
    expect(errorOf(await answer)).toBe(
      `done on local, but not on ${idAt(at(nodes, 1))} (outcome unknown)`,
    )
  })
})

test('a create is not sent again when its node dies: the outcome is unknown', async () => {
  const silent = await startScripted(['base:latest'], () => {})
  const fake = await startFake()
  const nodes = await startCluster([
    { engines: engineOf(fake) },
    { engines: [{ id: 'local', url: silent.url }] },
  ])
  const answer = create(at(nodes, 0), { model: 'made', from: 'base' })
  await until('it to be asked', () => silent.heard.length === 1)
  await at(nodes, 1).kill()
  const got = await answer
  expect([got.status, errorOf(got)]).toEqual([
    502,
    `the engine ${idAt(at(nodes, 1))} did not say what became of the request: its outcome is unknown`,
  ])
  expect(await modelsOf(fake)).toEqual(['tiny:latest'])
})
