import { describe, expect, test } from 'vitest'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { answerJson, deadUrl, type Turn } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const holding = { models: [{ name: 'pocket:latest', digest: 'd', modified_at: '' }] }
const copy = { path: '/api/copy', body: '{ "source":"Pocket", "destination":"d" }' }
const remove = { method: 'DELETE', path: '/api/delete', body: '{"model":"pocket"}' }
const absent = '{"error":"model \\"Pocket\\" not found"}'

const says = (status: number, body = '') =>
  startEngine(({ response }) => answerJson(response, status, body))

const dies = () => startEngine(({ socket }) => void socket.resetAndDestroy())

async function startTwo(first: { url: string }, second: { url: string }, more: object = {}) {
  return await startBench([
    { id: 'first', url: first.url, ...more },
    { id: 'second', url: second.url, ...more },
  ])
}

const errorOf = (body: Buffer) => JSON.parse(body.toString()).error

describe('a change that concerns every engine', () => {
  test.each([copy, remove])(
    'S-046 (part: one node), S-047 (part: one node): $path is made wherever the model is',
    async (request) => {
      const [first, second] = [await says(200), await says(200)]
      const { origin, engines } = await startTwo(first, second)
      const got = await rawRequest(origin, request)
      expect([got.status, got.body.length]).toEqual([200, 0])
      expect(headerOf(got, 'x-od-engine')).toBe('first, second')
      for (const { received } of [first, second]) {
        expect(received.map(({ body }) => body.toString())).toEqual([request.body])
        expect(received[0]?.path).toBe(request.path)
      }
      expect(engines.refreshes).toEqual([0])
    },
  )

  test('an engine that does not have the model does not count', async () => {
    const { origin } = await startTwo(await says(404, absent), await says(200))
    const got = await rawRequest(origin, copy)
    expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, 'second'])
  })

  test('a model that nobody has is refused in the words of the engine', async () => {
    const { origin } = await startTwo(await says(404, absent), await says(404, '{"error":"other"}'))
    const got = await rawRequest(origin, copy)
    expect([got.status, got.body.toString()]).toEqual([404, absent])
    expect(headerOf(got, 'content-type')).toBe('application/json; charset=utf-8')
  })

  test('what an engine refuses otherwise is refused in its words, too', async () => {
    const error = '{"error":"destination \\"a b\\" is invalid"}'
    const { origin } = await startTwo(await says(400, error), await says(400, error))
    const got = await rawRequest(origin, copy)
    expect([got.status, got.body.toString()]).toEqual([400, error])
  })

  test('an engine that is not known to have it and cannot be asked does not count', async () => {
    const { origin } = await startTwo({ url: await deadUrl() }, await says(200))
    expect((await rawRequest(origin, remove)).status).toBe(200)
  })
})

describe('a change that fails in part', () => {
  test('S-046 (part: one node): each engine that failed is named with its reason', async () => {
    const bench = await startBench([
      { id: 'good', url: (await says(200)).url },
      { id: 'full', url: (await says(507, '{"error":"full"}')).url },
      { id: 'gone', url: await deadUrl(), ...holding },
      { id: 'dying', url: (await dies()).url },
      { id: 'out', url: await deadUrl(), state: 'restarting', ...holding },
      { id: 'without', url: (await says(404, absent)).url },
    ])
    const got = await rawRequest(bench.origin, copy)
    expect([got.status, errorOf(got.body)]).toEqual([
      502,
      'done on good, but not on full (status 507), gone (not reached), dying (outcome unknown), out (not reached)',
    ])
  })

  test('an outcome that is unknown is said to be, and nothing is sent twice', async () => {
    const first = await dies()
    const { origin } = await startTwo(first, await says(404, absent))
    const got = await rawRequest(origin, remove)
    expect([got.status, errorOf(got.body)]).toEqual([
      502,
      'the engine first did not say what became of the request: its outcome is unknown',
    ])
    expect(first.received).toHaveLength(1)
  })

  test('an engine that never answers is waited for a bounded time', async () => {
    const hanging = await startEngine(() => {})
    const bench = await startBench(
      [
        { id: 'hanging', url: hanging.url },
        { id: 'good', url: (await says(200)).url },
      ],
      { limits: { changeMs: 1_000 } }, // the other one has as long to answer
    )
    const got = await rawRequest(bench.origin, remove)
    expect(errorOf(got.body)).toBe('done on good, but not on hanging (outcome unknown)')
  })

  test('the only holder is out: 503, not "no such model"', async () => {
    const bench = await startBench([
      { id: 'without', url: (await says(404, absent)).url },
      { id: 'out', url: await deadUrl(), state: 'unhealthy', ...holding },
    ])
    const got = await rawRequest(bench.origin, remove)
    expect([got.status, errorOf(got.body)]).toEqual([
      503,
      'no engine can take the request now (without: running, out: unhealthy)',
    ])
  })

  test('a client that leaves does not stop it half-way', async () => {
    const turn = Promise.withResolvers<Turn>()
    const first = await startEngine(turn.resolve)
    const second = await says(200)
    const { origin } = await startTwo(first, second)
    const connection = await connectRaw(origin)
    await connection.request(remove)
    const { response } = await turn.promise
    connection.destroy()
    answerJson(response, 200, '')
    await until('the second is asked', () => second.received.length === 1)
  })
})
