/** Which engine of a node pulls and pushes, and what becomes of it when that engine fails. */
import { describe, expect, test } from 'vitest'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { answerJson, beginStream, deadUrl, line } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const listed = (name: string) => [{ name, digest: 'd', modified_at: '' }]
const success = line({ status: 'success' })
const pull = { path: '/api/pull?x=1', body: '{ "NAME" : "New" , "stream":true } behind' }
const push = { path: '/api/push', body: '{"model":"mine"}' }

const able = () =>
  startEngine(({ response }) => {
    beginStream(response)
    response.end(success)
  })
const refusing = () =>
  startEngine(({ response }) => answerJson(response, 400, '{"error":"cannot"}'))
const dying = () => startEngine(({ socket }) => void socket.resetAndDestroy())

describe('the engine of a pull', () => {
  test('is an Ollama, which gets the bytes as they came, unless our own alone has the model', async () => {
    const [own, ollama] = [await refusing(), await able()]
    const both = await startBench([
      { id: 'embedded', kind: 'embedded', url: own.url },
      { id: 'local', url: ollama.url },
    ])
    const got = await rawRequest(both.origin, pull)
    expect([got.status, got.body.toString()]).toEqual([200, success])
    expect(headerOf(got, 'x-od-engine')).toBe('local')
    const [heard] = ollama.received
    expect([heard?.path, heard?.body.toString()]).toEqual([pull.path, pull.body])
    expect([own.received.length, both.engines.refreshes.at(-1)]).toEqual([0, 0])
    const holder = { id: 'embedded', kind: 'embedded' as const, url: own.url }
    const holding = await startBench([
      { ...holder, models: listed('new:latest') },
      { id: 'local', url: ollama.url },
    ])
    const refused = await rawRequest(holding.origin, pull)
    expect([refused.status, refused.body.toString()]).toEqual([400, '{"error":"cannot"}'])
    const alone = await startBench([holder])
    expect((await rawRequest(alone.origin, pull)).status).toBe(400)
  })

  test('is the next one while nothing was sent, and nobody once it broke off', async () => {
    const last = await able()
    const bench = await startBench([
      { id: 'gone', url: await deadUrl() },
      { id: 'last', url: last.url },
    ])
    expect(headerOf(await rawRequest(bench.origin, pull), 'x-od-engine')).toBe('last')
    const first = await dying()
    const broken = await startBench([
      { id: 'dying', url: first.url },
      { id: 'last', url: last.url },
    ])
    last.forget()
    const got = await rawRequest(broken.origin, pull)
    expect([got.status, JSON.parse(got.body.toString())]).toEqual([
      502,
      {
        error: 'the engine dying did not say what became of the request: its outcome is unknown',
      },
    ])
    expect(last.received).toEqual([])
  })

  test('that says something after its success is not believed to have said it', async () => {
    const engine = await startEngine(({ response }) => {
      beginStream(response, { status: 'success' })
      response.end('{"status":"pull')
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, pull)
    expect(got.body.toString().split('\n').slice(0, 2)).toEqual([
      success.trim(),
      '{"error":"the engine local did not say what became of the request: its outcome is unknown"}',
    ])
  })
})

describe('the engine of a push', () => {
  test('holds the model, and is an Ollama where one does', async () => {
    const [own, without, holder] = [await refusing(), await able(), await able()]
    const bench = await startBench([
      { id: 'embedded', kind: 'embedded', url: own.url, models: listed('mine:latest') },
      { id: 'without', url: without.url },
      { id: 'holder', url: holder.url, models: listed('mine:latest') },
    ])
    expect(headerOf(await rawRequest(bench.origin, push), 'x-od-engine')).toBe('holder')
    bench.engines.remove('holder')
    const got = await rawRequest(bench.origin, push)
    expect([got.status, got.body.toString()]).toEqual([400, '{"error":"cannot"}'])
    expect(without.received).toEqual([])
  })
})
