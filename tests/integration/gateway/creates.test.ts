import { describe, expect, test } from 'vitest'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { answerJson, beginStream, deadUrl, line, type Turn } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`] as const
const listed = (...names: string[]) => names.map((name) => ({ name, digest: 'd', modified_at: '' }))

/** An engine that holds some blobs and makes every model at once. */
function maker(...blobs: string[]) {
  return startEngine(({ request, response }) => {
    if (request.method === 'HEAD') {
      const isHeld = blobs.some((blob) => request.path === `/api/blobs/${blob}`)
      response.writeHead(isHeld ? 200 : 404).end()
      return
    }
    beginStream(response, { status: 'success' })
    response.end()
  })
}

type Upstream = Awaited<ReturnType<typeof maker>>

const create = (origin: string, body: object) =>
  rawRequest(origin, { path: '/api/create', body: JSON.stringify({ model: 'new', ...body }) })

const createsOf = ({ received }: Upstream) => received.filter(({ method }) => method === 'POST')

async function startTwo(
  first: Upstream,
  second: Upstream,
  models: [string[], string[]] = [[], []],
) {
  return await startBench([
    { id: 'first', url: first.url, models: listed(...models[0]) },
    { id: 'second', url: second.url, models: listed(...models[1]) },
  ])
}

describe('the engine of a create', () => {
  test.each<[string, string[], string[], object, string]>([
    ['has the file', [], [a], { files: { 'm.gguf': a } }, 'second'],
    ['has all files', [a], [b, a], { files: { x: a, y: b } }, 'second'],
    ['is the first of those that have it', [a], [a], { files: { 'm.gguf': a } }, 'first'],
    ['is the first where nobody has it', [], [], { files: { 'm.gguf': a } }, 'first'],
    ['has the adapter', [], [b], { from: 'nowhere', adapters: { x: b } }, 'second'],
    [
      'need not have files that are not looked at',
      [a],
      [],
      { from: 'base', files: { x: a } },
      'second',
    ],
    ['has the model it starts from', [], [], { from: 'BASE' }, 'second'],
    ['is the first where the source must be pulled', [], [], { from: 'nowhere' }, 'first'],
    ['has a model of that name already', [], [], { model: 'old', from: 'nowhere' }, 'second'],
  ])('S-049 (part: gateway): %s', async (_, heldFirst, heldSecond, body, engine) => {
    const [first, second] = [await maker(...heldFirst), await maker(...heldSecond)]
    const { origin } = await startTwo(first, second, [[], ['base:latest', 'old:latest']])
    for (let i = 0; i < 3; i++) {
      const got = await create(origin, body)
      expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, engine])
    }
    expect(createsOf(engine === 'first' ? second : first)).toHaveLength(0)
  })

  test('gets the bytes as they came, and its lines come back as it says them', async () => {
    const turn = Promise.withResolvers<Turn>()
    const engine = await startEngine(turn.resolve)
    const { origin, engines } = await startBench([{ id: 'local', url: engine.url }])
    const body = '{ "model":"new", "from":"base", "n":1.0e2, "files":null } behind'
    const answer = rawRequest(origin, { path: '/api/create?x=1', body })
    const { request, response } = await turn.promise
    expect([request.path, request.body.toString()]).toEqual(['/api/create?x=1', body])
    beginStream(response, { status: 'parsing GGUF' })
    response.end(line({ status: 'success' }))
    const got = await answer
    expect(got.body.toString()).toBe(line({ status: 'parsing GGUF' }) + line({ status: 'success' }))
    expect(headerOf(got, 'content-type')).toBe('application/x-ndjson')
    await until('lists are asked for', () => engines.refreshes.length === 2) // before and after
  })

  test('cannot be had when the files lie on several: 409, and none is asked to make it', async () => {
    const [first, second] = [await maker(a), await maker(b)]
    const { origin } = await startTwo(first, second)
    const got = await create(origin, { files: { x: a, y: b } })
    expect([got.status, JSON.parse(got.body.toString())]).toEqual([
      409,
      { error: 'no engine holds everything that the model is to be made of (first, second)' },
    ])
    expect([...createsOf(first), ...createsOf(second)]).toEqual([])
  })

  test('is asked about files for a bounded time only', async () => {
    const silent = await startEngine(({ request, response }) => {
      if (request.method === 'POST') answerJson(response, 200, '{"status":"success"}')
    })
    const limits = { blobQuestionMs: 100 }
    const bench = await startBench(
      [
        { id: 'silent', url: silent.url },
        { id: 'other', url: (await maker()).url },
      ],
      { limits },
    )
    const got = await create(bench.origin, { files: { x: a }, stream: false })
    expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, 'silent'])
  })
})

describe('a create that fails', () => {
  const error = {
    error: 'the engine first did not say what became of the request: its outcome is unknown',
  }

  test('on an engine that refuses the connection goes to another that can make it', async () => {
    const second = await maker()
    const bench = await startBench([
      { id: 'gone', url: await deadUrl() },
      { id: 'second', url: second.url },
    ])
    const got = await create(bench.origin, { from: 'nowhere' })
    expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, 'second'])
  })

  test('on the only engine that can make it goes to no other', async () => {
    const second = await maker()
    const bench = await startBench([
      { id: 'gone', url: await deadUrl(), models: listed('base:latest') },
      { id: 'second', url: second.url },
    ])
    expect((await create(bench.origin, { from: 'base' })).status).toBe(503)
    expect(createsOf(second)).toHaveLength(0)
  })

  test('after it was sent is not sent again: its outcome is unknown', async () => {
    const first = await startEngine(({ socket }) => void socket.resetAndDestroy())
    const second = await maker()
    const { origin, engines } = await startTwo(first, second)
    const got = await create(origin, { from: 'nowhere' })
    expect([got.status, JSON.parse(got.body.toString())]).toEqual([502, error])
    expect(createsOf(second)).toHaveLength(0)
    expect(engines.outcomes).toEqual([{ engine: 'first', outcome: 'died' }])
  })

  test('in the middle of its lines says so in the last one', async () => {
    const first = await startEngine(({ response, socket }) => {
      beginStream(response, { status: 'parsing GGUF' })
      response.write('{"sta', () => socket.resetAndDestroy())
    })
    const { origin } = await startBench([{ id: 'first', url: first.url }])
    const got = await create(origin, { from: 'nowhere' })
    expect(got.body.toString()).toBe(line({ status: 'parsing GGUF' }) + line(error))
  })
})
