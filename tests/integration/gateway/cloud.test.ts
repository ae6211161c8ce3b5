import { describe, expect, test } from 'vitest'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { answerJson, deadUrl, type Turn } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const off = (what: string) => `{"error":"ollama cloud is disabled: ${what}"}`
const answers =
  (body: string) =>
  ({ response }: Turn) =>
    answerJson(response, 200, body)

describe('S-050: what needs Ollama’s cloud is refused unless the node accepts it', () => {
  test.each([
    ['/api/generate', 'remote model is unavailable'],
    ['/api/chat', 'remote model is unavailable'],
    ['/api/embed', 'remote model is unavailable'],
    ['/api/embeddings', 'remote model is unavailable'],
    ['/api/show', 'remote model details are unavailable'],
    ['/v1/chat/completions', 'remote model is unavailable'],
    ['/v1/completions', 'remote model is unavailable'],
    ['/v1/embeddings', 'remote model is unavailable'],
    ['/v1/responses', 'remote model is unavailable'],
    ['/v1/messages', 'remote model is unavailable'],
  ])('POST %s, in Ollama’s own form whatever the dialect', async (path, what) => {
    const engine = await startEngine(answers('{}'))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    for (const model of ['smol:cloud', 'smol:7b-Cloud', ' smol:CLOUD ']) {
      const got = await rawRequest(origin, {
        path,
        body: JSON.stringify({ model, messages: [{}] }),
      })
      expect([got.status, headerOf(got, 'content-type'), got.body.toString()]).toEqual([
        403,
        'application/json; charset=utf-8',
        off(what),
      ])
    }
    expect(engine.received).toHaveLength(0)
  })

  test('hidden in a compressed body, or in a second key', async () => {
    const engine = await startEngine(answers('{}'))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const { zstdCompressSync } = await import('node:zlib')
    const body = '{"model":"smol","MODEL":"smol:cloud"}'
    const headers = [['Content-Encoding', 'zstd']] as const
    const path = '/v1/chat/completions'
    const packed = await rawRequest(origin, { path, headers, body: zstdCompressSync(body) })
    const plain = await rawRequest(origin, { path, body })
    expect([packed.status, plain.status, engine.received.length]).toEqual([403, 403, 0])
  })

  test('names that only look alike, and bodies that are broken, are the engine’s to judge', async () => {
    const engine = await startEngine(answers('{}'))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const bodies = [
      '{"model":"my-cloud"}',
      '{"model":"cloud"}',
      '{"model":"smol:cloud:local"}',
      '{"model":"smol:local"}',
      '{"model":"smol:cloud"',
    ]
    for (const body of bodies) {
      expect((await rawRequest(origin, { path: '/api/chat', body })).status).toBe(200)
    }
    expect(engine.received).toHaveLength(bodies.length)
  })

  test.each([
    ['POST', '/api/me', '', 'account is unavailable'],
    ['POST', '/api/signout', '', 'account is unavailable'],
    ['DELETE', '/api/user/keys/abc', '', 'account is unavailable'],
    ['POST', '/api/experimental/web_search', '{"query":"x"}', 'web search is unavailable'],
    ['POST', '/api/experimental/web_fetch', '{"url":"http://x"}', 'web fetch is unavailable'],
    ['GET', '/api/experimental/model-recommendations', '', 'recommendations are unavailable'],
    ['GET', '/v1/models/smol:cloud', '', 'remote model details are unavailable'],
  ])('%s %s', async (method, path, body, what) => {
    const engine = await startEngine(answers('{}'))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { method, path, body })
    expect([got.status, headerOf(got, 'content-type'), got.body.toString()]).toEqual([
      403,
      'application/json; charset=utf-8',
      off(what),
    ])
    expect(engine.received).toHaveLength(0)
  })

  test('an empty question to the web is 400 first, as in Ollama', async () => {
    const { origin } = await startBench([])
    const got = await rawRequest(origin, {
      path: '/api/experimental/web_fetch',
      method: 'POST',
      body: ' \n',
    })
    expect([got.status, got.body.toString()]).toEqual([400, '{"error":"missing request body"}'])
  })

  test('a create that stands for a model elsewhere is refused; a host that is none is the engine’s to refuse', async () => {
    const engine = await startEngine(answers('{}'))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const create = (remote_host: string) =>
      rawRequest(origin, {
        path: '/api/create',
        body: JSON.stringify({ model: 'a', from: 'b', remote_host }),
      })
    for (const host of ['ollama.com', `ollama.com/${'x'.repeat(7_000)}`]) {
      const got = await create(host)
      expect([got.status, got.body.toString()]).toEqual([403, off('remote model is unavailable')])
    }
    expect(engine.received).toHaveLength(0)
    expect((await create('http://[::1')).status).toBe(200)
  })

  test('so is a create from a model of the cloud, which makes such a name without saying so', async () => {
    const engine = await startEngine(answers('{}'))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const body = JSON.stringify({ model: 'a', from: 'b:cloud' })
    const got = await rawRequest(origin, { path: '/api/create', body })
    expect([got.status, got.body.toString()]).toEqual([403, off('remote model is unavailable')])
    expect(engine.received).toHaveLength(0)
  })

  test('our own engine, which never asks elsewhere, may have such names; an Ollama beside it is not asked', async () => {
    const ollama = await startEngine(answers('{}'))
    const own = await startEngine(answers('{"status":"success"}'))
    const { origin } = await startBench([
      { id: 'local', url: ollama.url },
      { id: 'embedded', kind: 'embedded', url: own.url },
    ])
    const body = JSON.stringify({ model: 'a', from: 'b', remote_host: 'gpu-box' })
    expect((await rawRequest(origin, { path: '/api/create', body })).status).toBe(200)
    expect(own.received.map(({ path }) => path)).toContain('/api/create')
    expect(ollama.received.map(({ path }) => path)).not.toContain('/api/create')
  })
})

describe('S-050: a node that accepts it has one designated engine do all of it', () => {
  test('with headers and bytes intact, whatever others are there', async () => {
    const first = await startEngine(answers('{"by":"first"}'))
    const second = await startEngine(answers('{"by":"second"}'))
    const { origin } = await startBench(
      [
        { id: 'embedded', kind: 'embedded', url: await deadUrl() },
        { id: 'a', url: first.url },
        { id: 'b', url: second.url },
      ],
      { acceptsCloud: true, strategy: 'round_robin' },
    )
    const asked = [
      ['POST', '/api/me?x=1', ''],
      ['POST', '/api/signout', ''],
      ['DELETE', '/api/user/keys/a%3D', ''],
      ['POST', '/api/experimental/web_search', '{ "query":"x"}'],
      ['GET', '/api/experimental/model-recommendations', ''],
      ['POST', '/api/generate', '{"model":"smol:cloud"}'],
      ['POST', '/v1/messages', '{"model":"smol:cloud"}'],
    ] as const
    for (const [method, path, body] of asked) {
      const headers = [['X-Custom', 'kept']] as const
      const got = await rawRequest(origin, { method, path, body, headers })
      expect([got.status, got.body.toString()]).toEqual([200, '{"by":"first"}'])
    }
    const seen = first.received.map(({ method, path, body }) => [method, path, body.toString()])
    expect(seen).toEqual(asked.map(([...one]) => one))
    for (const { rawHeaders } of first.received) expect(rawHeaders).toContain('X-Custom')
    expect(second.received).toHaveLength(0)
  })

  test('is refused as before where only our own engine is there', async () => {
    const { origin } = await startBench(
      [{ id: 'embedded', kind: 'embedded', url: 'http://127.0.0.1:9' }],
      {
        acceptsCloud: true,
      },
    )
    expect((await rawRequest(origin, { path: '/api/me', method: 'POST' })).status).toBe(403)
  })
})

describe('S-050: GET /api/status', () => {
  const enabled = '{"cloud":{"disabled":false,"source":"none"}}'
  const disabled = '{"cloud":{"disabled":true,"source":"env"}}'
  const ours = '{"cloud":{"disabled":true,"source":"config"}}'

  test.each([
    ['an engine’s own switch is passed on', disabled, false, disabled],
    ['what this node refuses is off, whatever the engine would do', enabled, false, ours],
    ['on where the node accepts it and the engine has it', enabled, true, enabled],
    ['off where the node accepts it and the engine has it not', disabled, true, disabled],
  ])('%s', async (_, said, acceptsCloud, expected) => {
    const engine = await startEngine(answers(said))
    const { origin } = await startBench([{ id: 'a', url: engine.url }], { acceptsCloud })
    const got = await rawRequest(origin, { path: '/api/status' })
    expect([got.status, headerOf(got, 'content-type'), got.body.toString()]).toEqual([
      200,
      'application/json; charset=utf-8',
      expected,
    ])
  })

  test('without an engine, or with one that does not know the route', async () => {
    const old = await startEngine(({ response }) => answerJson(response, 404, 'page not found'))
    for (const engines of [[], [{ id: 'a', url: old.url }]]) {
      const { origin } = await startBench(engines)
      expect((await rawRequest(origin, { path: '/api/status' })).body.toString()).toBe(ours)
    }
  })
})
