/** Lists over the engines of all nodes. */
import { Ollama } from 'ollama'
import { describe, expect, test } from 'vitest'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { ask, askJson, engineOf, load, startFake } from './across-setup.ts'

interface Tags {
  readonly models: readonly { name: string; digest: string; modified_at: string; size: number }[]
}

interface Loaded {
  readonly models: readonly { name: string; node: string; engine: string }[]
}

/** A list that does not wait comes well within this on a busy machine; one that waits for a node takes 300 ms more. */
const slackMs = 250
const refreshMsMax = 300

async function timed<Value>(work: Promise<Value>): Promise<[Value, number]> {
  const sinceMs = performance.now()
  return [await work, performance.now() - sinceMs]
}

test('S-042: three nodes with overlapping sets give each name once, the newest of equal names', async () => {
  const sets = [
    ['tiny', 'one'],
    ['tiny', 'two'],
    ['tiny', 'three', 'one'],
  ]
  const fakes = []
  for (const names of sets) {
    fakes.push(await startFake({ models: names.map((name) => ({ name, weights: name })) }))
  }
  const nodes = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
  const own = await Promise.all(
    fakes.map(async ({ url }) => {
      const { body } = await rawRequest(url, { method: 'GET', path: '/api/tags' })
      return (JSON.parse(body.toString()) as Tags).models
    }),
  )
  const newest = (name: string) =>
    own
      .flat()
      .filter((model) => model.name === name)
      .map((model) => Date.parse(model.modified_at))
      .reduce((a, b) => Math.max(a, b))
  for (const node of nodes) {
    for (const path of ['/api/tags', '/api/models']) {
      const { models } = await askJson<Tags>(node, path)
      const head = await rawRequest(node.origin, { method: 'HEAD', path })
      expect([head.status, head.body.length]).toEqual([200, 0])
      const names = models.map(({ name }) => name)
      expect(names.toSorted()).toEqual(['one:latest', 'three:latest', 'tiny:latest', 'two:latest'])
      for (const { name, modified_at: at } of models) expect(Date.parse(at)).toBe(newest(name))
      expect(models.every(({ size, digest }) => size > 0 && digest.length === 64)).toBe(true)
    }
  }
})

test('what was made at another node a moment ago is in the list', async () => {
  const fakes = await Promise.all([startFake(), startFake()])
  const [node] = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
  const body = '{"source":"tiny","destination":"made"}'
  await rawRequest(fakes[1]?.url ?? '', { path: '/api/copy', body })
  const { models } = await askJson<Tags>(node as ClusterNode, '/api/tags')
  expect(models.map(({ name }) => name)).toContain('made:latest')
})

test('S-043: what two nodes have loaded is shown with where it is', async () => {
  const fakes = await Promise.all([startFake(), startFake()])
  for (const fake of fakes) await load(fake)
  const nodes = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
  for (const node of nodes) {
    const { models } = await askJson<Loaded>(node, '/api/ps')
    expect(models.map(({ name, engine }) => `${name} ${engine}`)).toEqual(
      Array(2).fill('tiny:latest local'),
    )
    expect(models.map((model) => model.node).toSorted()).toEqual(
      nodes.map(({ peer }) => peer).toSorted(),
    )
    const stock = await new Ollama({ host: node.origin }).ps() // which does not know where it is
    expect(stock.models.map(({ name }) => name)).toEqual(Array(2).fill('tiny:latest'))
  }
})

test('the engines and models of all nodes are in the reports, and two models of one name are told apart', async () => {
  const weights = ['a', 'b']
  const fakes = await Promise.all(
    weights.map((one) => startFake({ models: [{ name: 'tiny', weights: one }] })),
  )
  const nodes = (await startCluster(
    fakes.map((fake) => ({ engines: engineOf(fake) })),
  )) as unknown as [ClusterNode, ClusterNode]
  const [here, there] = nodes
  interface Reports {
    readonly instances: readonly { id: string; node: string; url: string; version: string }[]
    readonly models: readonly { name: string; holders: string[]; hasConflict?: boolean }[]
  }
  const { instances } = await askJson<Reports>(here, '/api/v1/instances')
  expect(instances).toMatchObject([
    { id: 'local', node: here.peer, url: fakes[0]?.url },
    { id: `local@${there.peer}`, node: there.peer, url: fakes[1]?.url, version: '0.24.0' },
  ])
  const one = await askJson<{ id: string }>(here, `/api/v1/instances/local@${there.peer}`)
  expect(one.id).toBe(`local@${there.peer}`)
  const { models } = await askJson<Reports>(here, '/api/v1/models')
  expect(models.map(({ name, hasConflict }) => [name, hasConflict])).toEqual([
    ['tiny:latest', true],
    ['tiny:latest', true],
  ])
  expect(models.flatMap(({ holders }) => holders).toSorted()).toEqual([
    'local',
    `local@${there.peer}`,
  ])
})

describe('a node that does not answer', () => {
  test('delays no list by more than 300 ms, which then has what was known of it', async () => {
    const fakes = [
      await startFake({ models: [{ name: 'here' }] }),
      await startFake({ models: [{ name: 'there' }] }),
    ]
    const [node, frozen] = (await startCluster(
      fakes.map((fake) => ({ engines: engineOf(fake) })),
    )) as unknown as [ClusterNode, ClusterNode]
    await ask(node, '/api/tags')
    frozen.freeze()
    const [tags, tookMs] = await timed(askJson<Tags>(node, '/api/tags'))
    expect(tookMs).toBeLessThan(refreshMsMax + slackMs)
    expect(tags.models.map(({ name }) => name).toSorted()).toEqual(['here:latest', 'there:latest'])
    for (const path of ['/api/ps', '/api/v1/instances', '/api/v1/models', '/api/version']) {
      const [{ status }, ms] = await timed(ask(node, path))
      expect([path, status]).toEqual([path, 200])
      expect(ms).toBeLessThan(refreshMsMax + slackMs)
    }
    await until('it to be given up', async () => {
      const { models } = await askJson<Tags>(node, '/api/tags')
      return models.length === 1
    })
    const [, later] = await timed(ask(node, '/api/tags'))
    expect(later).toBeLessThan(slackMs)
    frozen.thaw()
    await until('it to be back', async () => {
      return (await askJson<Tags>(node, '/api/tags')).models.length === 2
    })
  })
})
