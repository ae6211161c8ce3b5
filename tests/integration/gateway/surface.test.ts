import { describe, expect, test } from 'vitest'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { answerJson, deadUrl } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const url = 'http://127.0.0.1:9' // never called: the gateway answers these itself

describe('S-040: liveness', () => {
  test('GET / says Ollama’s words in Ollama’s form', async () => {
    const { origin } = await startBench([{ id: 'local', url }])
    const got = await rawRequest(origin, { path: '/' })
    expect([got.status, got.body.toString(), got.framing]).toEqual([
      200,
      'Ollama is running',
      'length',
    ])
    expect(headerOf(got, 'content-type')).toBe('text/plain; charset=utf-8')
    expect(got.headers.map(([name]) => name)).toEqual([
      'Content-Type',
      'x-od-request-id',
      'Content-Length',
      'Date',
    ])
  })

  test('HEAD / has the same headers and no body, also for a browser', async () => {
    const { origin } = await startBench([{ id: 'local', url }])
    const headers = [['Accept', 'text/html']] as const
    const got = await rawRequest(origin, { method: 'HEAD', path: '/', headers })
    expect([got.status, got.body.length, headerOf(got, 'content-length')]).toEqual([200, 0, '17'])
    expect(headerOf(got, 'content-type')).toBe('text/plain; charset=utf-8')
  })

  test('is said without any engine, too', async () => {
    const { origin } = await startBench([])
    expect((await rawRequest(origin, { path: '/' })).body.toString()).toBe('Ollama is running')
  })
})

describe('lists', () => {
  const old = { name: 'pocket:latest', digest: 'a', modified_at: '2026-01-01T23:00:00-02:00' }
  const young = { name: 'pocket:latest', digest: 'b', modified_at: '2026-01-02T01:00:00.5Z' }
  const other = { name: 'other:7b', digest: 'c', modified_at: '2025-01-01T00:00:00Z', size: 5 }
  const newest = { name: 'newest:1', digest: 'd', modified_at: '2027-01-01T00:00:00Z' }
  const expires = (name: string, time: string) => ({
    name,
    digest: 'a',
    details: { family: '<llama>' },
    expires_at: time,
  })
  const engines = [
    { id: 'a', url, version: '0.33.0', models: [old, other] },
    { id: 'b', url, version: '0.24.0', models: [newest, young] },
    { id: 'c', url, version: '0.1.0', state: 'unhealthy', models: [{ ...old, name: 'gone:1' }] },
  ] as const

  test('S-042 (part: one node): tags is the union by name, newest first', async () => {
    const { origin } = await startBench(engines)
    const got = await rawRequest(origin, { path: '/api/tags' })
    // 23:00 two hours west of Greenwich is one in the morning: half a second before `young`.
    expect(JSON.parse(got.body.toString())).toEqual({ models: [newest, young, other] })
    expect(headerOf(got, 'content-type')).toBe('application/json; charset=utf-8')
  })

  test('S-036: models is tags under another name', async () => {
    const { origin } = await startBench(engines)
    const tags = await rawRequest(origin, { path: '/api/tags' })
    const models = await rawRequest(origin, { path: '/api/models' })
    expect(models.body.toString()).toBe(tags.body.toString())
    expect(models.status).toBe(200)
    const head = await rawRequest(origin, { method: 'HEAD', path: '/api/models' })
    expect(headerOf(head, 'content-length')).toBe(String(tags.body.length))
  })

  test('S-043 (part: one node): ps shows every loaded model with its engine at the end', async () => {
    const soon = expires('pocket:latest', '2026-01-01T00:00:00Z')
    const late = expires('pocket:latest', '2026-01-01T00:00:01+00:00')
    const { origin } = await startBench([
      { id: 'a', url, loaded: [soon] },
      { id: 'b', url, loaded: [late] },
    ])
    const got = await rawRequest(origin, { path: '/api/ps' })
    const spell = (entry: object, engine: string) =>
      JSON.stringify({ ...entry, node: 'node-1', engine })
        .replaceAll('<', '\\u003c')
        .replaceAll('>', '\\u003e')
    expect(got.body.toString()).toBe(`{"models":[${spell(late, 'b')},${spell(soon, 'a')}]}`)
  })

  test('nothing is an empty list, as in Ollama', async () => {
    const { origin } = await startBench([{ id: 'a', url }])
    for (const path of ['/api/tags', '/api/ps']) {
      expect((await rawRequest(origin, { path })).body.toString()).toBe('{"models":[]}')
    }
  })

  test('S-041 (part: one node): the version is the lowest of the engines that run', async () => {
    const { origin } = await startBench(engines)
    const got = await rawRequest(origin, { path: '/api/version' })
    expect(got.body.toString()).toBe('{"version":"0.24.0"}')
    const head = await rawRequest(origin, { method: 'HEAD', path: '/api/version' })
    expect([head.status, headerOf(head, 'content-length')]).toEqual([200, '20'])
  })

  test.each(['/api/tags', '/api/ps', '/api/version'])(
    '%s is 503 while no engine can say anything, not an empty list',
    async (path) => {
      const { origin } = await startBench([{ id: 'a', url: await deadUrl(), state: 'stopped' }])
      const got = await rawRequest(origin, { path })
      expect([got.status, got.body.toString()]).toEqual([
        503,
        '{"error":"no engine can take the request now (a: stopped)"}',
      ])
    },
  )

  test('lists are always asked for anew: who just made a model must see it', async () => {
    const { origin, engines: roster } = await startBench([{ id: 'a', url }])
    await rawRequest(origin, { path: '/api/tags' })
    expect(roster.refreshes).toEqual([0])
  })
})

describe('paths and methods, as Ollama answers them', () => {
  test.each([
    ['GET', '/nope', 404, 'text/plain', '404 page not found'],
    ['POST', '/api/nope', 404, 'text/plain', '404 page not found'],
    ['GET', '/api', 404, 'text/plain', '404 page not found'],
    ['GET', '/api/', 404, 'text/plain', '404 page not found'],
    ['GET', '/api/version;x=1', 404, 'text/plain', '404 page not found'],
    ['GET', '/metrics', 404, 'text/plain', '404 page not found'],
    ['GET', '/debug/pprof', 404, 'text/plain', '404 page not found'],
    ['OPTIONS', '/nope', 404, 'text/plain', '404 page not found'],
    ['POST', '/api/tags/', 404, 'text/plain', '404 page not found'],
    ['PUT', '/api/tags', 405, 'text/plain', '405 method not allowed'],
    ['OPTIONS', '/api/generate', 405, 'text/plain', '405 method not allowed'],
    ['POST', '/api/ps', 405, 'text/plain', '405 method not allowed'],
    ['POST', '/api/signin', 404, 'text/plain', '404 page not found'],
    ['POST', '/v1/messages/batches', 404, 'text/plain', '404 page not found'],
    ['GET', '/v1/responses/resp_1', 404, 'text/plain', '404 page not found'],
    ['GET', '/v1', 404, 'text/plain', '404 page not found'],
    ['GET', '/v1/chat/completions', 405, 'text/plain', '405 method not allowed'],
    ['HEAD', '/v1/models', 405, 'text/plain', ''],
    ['GET', '/api/%74ags', 200, 'application/json; charset=utf-8', '{"models":[]}'],
    ['GET', '/api%2Ftags', 200, 'application/json; charset=utf-8', '{"models":[]}'],
    ['GET', '//api//tags', 200, 'application/json; charset=utf-8', '{"models":[]}'],
  ])('%s %s is %i', async (method, path, status, type, body) => {
    const { origin } = await startBench([{ id: 'a', url }])
    const got = await rawRequest(origin, { method, path })
    expect([got.status, headerOf(got, 'content-type'), got.body.toString()]).toEqual([
      status,
      type,
      body,
    ])
    expect(headerOf(got, 'x-od-request-id')).toMatch(/^[0-9a-f]{16}$/)
  })

  test.each([
    ['PUT', '/api/tags', 'HEAD, GET'],
    ['GET', '/api/chat', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['GET', '/v1/messages', 'POST'],
    ['HEAD', '/api/status', 'GET'],
    ['POST', '/api/user/keys/a', 'DELETE'],
    ['HEAD', '/api/ps', 'GET'],
    ['DELETE', '/health', 'GET'],
  ])('%s %s names what is allowed', async (method, path, allow) => {
    const { origin } = await startBench([{ id: 'a', url }])
    const got = await rawRequest(origin, { method, path })
    expect([got.status, headerOf(got, 'allow')]).toEqual([405, allow])
  })

  test.each([
    ['GET', '/api/tags/?a=1', 301, '/api/tags?a=1'],
    ['HEAD', '/api/tags/', 307, '/api/tags'],
    ['POST', '/api/show/', 307, '/api/show'],
    ['GET', '/v1/models/', 301, '/v1/models'],
    ['GET', '/v1/models/smol:latest/', 301, '/v1/models/smol:latest'],
    ['GET', '/api/tags//', 301, '/api/tags'],
  ])('%s %s is redirected', async (method, path, status, location) => {
    const { origin } = await startBench([{ id: 'a', url }])
    const got = await rawRequest(origin, { method, path })
    expect([got.status, headerOf(got, 'location')]).toEqual([status, location])
  })

  test('the redirect of GET has Go’s body, its query escaped', async () => {
    const { origin } = await startBench([{ id: 'a', url }])
    const got = await rawRequest(origin, { path: '/api/tags/?a="<b>' })
    expect(got.body.toString()).toBe(
      '<a href="/api/tags?a=&#34;&lt;b&gt;">Moved Permanently</a>.\n\n',
    )
  })

  test('a doubled slash reaches the engine as one', async () => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, '{}'))
    const { origin } = await startBench([{ id: 'a', url: engine.url }])
    await rawRequest(origin, { path: '//api//chat?x=//', body: '{}' })
    expect(engine.received[0]?.path).toBe('/api/chat?x=//')
  })
})
