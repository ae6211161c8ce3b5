/** The routes of OpenAI and Anthropic, and what is joined over nodes, through a node without engines; every node is a process. */
import { expect, test } from 'vitest'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { ask, asked, askJson, engineOf, startFake } from './across-setup.ts'

type Pair = readonly [ClusterNode, ClusterNode]
type Three = readonly [ClusterNode, ClusterNode, ClusterNode]

const question = '"messages":[{"role":"user","content":"Why?"}],"max_tokens":4'

/** What differs from one answer to the next of the same engine. */
function words(body: Buffer): string {
  return body
    .toString()
    .replaceAll(/"(created|created_at|completed_at|modified_at)":\d+/g, '')
    .replaceAll(/(chatcmpl-|cmpl-|resp_|msg_|rs_|req_)[0-9a-f]+/g, '$1')
}

test('S-051: a request that enters at a node without engines has the frames of the engine, to their terminator', async () => {
  const fake = await startFake()
  const [entry, owner] = (await startCluster([
    { engines: [], role: 'gateway' },
    { engines: engineOf(fake) },
  ])) as unknown as Pair
  for (const [path, fields, last] of [
    ['/v1/chat/completions', question, 'data: [DONE]\n\n'],
    ['/v1/completions', '"prompt":"Why?","max_tokens":4', 'data: [DONE]\n\n'],
    ['/v1/responses', '"input":"Why?","max_output_tokens":4', '"type":"response.completed"}\n\n'],
    ['/v1/messages', question, 'event: message_stop\ndata: {"type":"message_stop"}\n\n'],
  ] as const) {
    for (const stream of [true, false]) {
      const body = `{ "model":"tiny","temperature":0,"seed":7, ${fields},"stream":${stream}}`
      const direct = await rawRequest(fake.url, { path, body })
      const got = await rawRequest(entry.origin, { path, body })
      expect([path, got.status, words(got.body)]).toEqual([path, 200, words(direct.body)])
      for (const name of ['content-type', 'cache-control', 'connection']) {
        expect([path, name, headerOf(got, name)]).toEqual([path, name, headerOf(direct, name)])
      }
      expect(headerOf(got, 'x-od-node')).toBe(owner.peer)
      if (stream) expect(got.body.toString().endsWith(last)).toBe(true)
      expect((await asked(fake)).at(-1)?.body).toBe(body)
    }
  }
})

test('S-051: errors of the engine come over the link in its own words and form', async () => {
  const fake = await startFake()
  const [entry] = (await startCluster([
    { engines: [], role: 'gateway' },
    { engines: engineOf(fake) },
  ])) as unknown as Pair
  for (const [path, body] of [
    ['/v1/chat/completions', ''],
    ['/v1/chat/completions', `{"model":"none",${question}}`],
    ['/v1/embeddings', '{"model":"none","input":"x"}'],
    ['/v1/messages', `{"model":"none",${question}}`],
    ['/v1/messages', '{"model":"tiny"}'],
  ] as const) {
    const direct = await rawRequest(fake.url, { path, method: 'POST', body })
    const got = await rawRequest(entry.origin, { path, method: 'POST', body })
    expect([got.status, words(got.body), headerOf(got, 'content-type')]).toEqual([
      direct.status,
      words(direct.body),
      headerOf(direct, 'content-type'),
    ])
  }
})

test('S-041: the version is the lowest of all nodes, at each of them', async () => {
  const versions = ['0.33.1', '0.24.0', '0.33.1-rc2']
  const fakes = await Promise.all(versions.map((version) => startFake({ version })))
  const nodes = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
  for (const node of nodes) {
    expect((await ask(node, '/api/version')).body.toString()).toBe('{"version":"0.24.0"}')
  }
})

test('S-044, S-052: show and retrieve find the one holder among three nodes, list has every model once', async () => {
  const sets = [['one'], ['one', 'two'], ['three']]
  const fakes = []
  for (const names of sets) fakes.push(await startFake({ models: names.map((name) => ({ name })) }))
  const nodes = (await startCluster(
    fakes.map((fake) => ({ engines: engineOf(fake) })),
  )) as unknown as Three
  for (const node of nodes) {
    for (const name of ['one', 'two', 'three']) {
      const shown = await rawRequest(node.origin, {
        path: '/api/show',
        body: `{"model":"${name}"}`,
      })
      expect([name, shown.status]).toEqual([name, 200])
      const { id } = await askJson<{ id: string }>(node, `/v1/models/${name}`)
      expect(id).toBe(name)
    }
    const { data } = await askJson<{ data: { id: string }[] }>(node, '/v1/models')
    expect(data.map(({ id }) => id).toSorted()).toEqual([
      'one:latest',
      'three:latest',
      'two:latest',
    ])
    expect((await ask(node, '/v1/models/four')).status).toBe(404)
  }
})
