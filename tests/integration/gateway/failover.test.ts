import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { answerJson, beginStream, deadUrl, line } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const died = '{"error":"an error was encountered while running the model: unexpected EOF"}'
const request = { path: '/api/generate', body: '{"model":"pocket"}' }
const holding = { models: [{ name: 'pocket:latest', digest: 'd', modified_at: '' }] }

describe('before the first byte of an answer', () => {
  test('a refused connection goes to the next engine, with the same bytes', async () => {
    const good = await startEngine(({ response }) => answerJson(response, 200, '{"ok":1}'))
    const bench = await startBench([
      { id: 'gone', url: await deadUrl(), ...holding },
      { id: 'good', url: good.url },
    ])
    const got = await rawRequest(bench.origin, request)
    expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, 'good'])
    expect(good.received[0]?.body.toString()).toBe(request.body)
    expect(bench.engines.outcomes).toEqual([
      { engine: 'gone', outcome: 'unreachable' },
      { engine: 'good', outcome: 'answered' },
    ])
  })

  test('an engine that dies silently, or in its first line, is followed by the next', async () => {
    const silent = await startEngine(({ socket }) => void socket.resetAndDestroy())
    const babbling = await startEngine(({ response, socket }) => {
      beginStream(response)
      response.write('{"response":"half a li')
      response.write('', () => socket.destroy())
    })
    const good = await startEngine(({ response }) => {
      beginStream(response, { response: 'whole', done: true })
      response.end()
    })
    const bench = await startBench([
      { id: 'silent', url: silent.url, ...holding },
      { id: 'babbling', url: babbling.url, ...holding },
      { id: 'good', url: good.url },
    ])
    const got = await rawRequest(bench.origin, request)
    expect(got.body.toString()).toBe('{"response":"whole","done":true}\n')
    expect(bench.engines.outcomes.map(({ outcome }) => outcome)).toEqual([
      'died',
      'died',
      'answered',
    ])
    expect(await until('warnings', () => bench.logged('engine.failed').length === 2)).toBe(true)
  })

  test.each([500, 502, 503])(
    'a %i goes to the next engine, and is the answer where there is none',
    async (status) => {
      const erring = await startEngine(({ response }) =>
        answerJson(response, status, '{"error":"no"}'),
      )
      const good = await startEngine(({ response }) => answerJson(response, 200, '{"ok":1}'))
      const both = await startBench([
        { id: 'erring', url: erring.url, ...holding },
        { id: 'good', url: good.url },
      ])
      const got = await rawRequest(both.origin, request)
      expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, 'good'])
      const alone = await startBench([{ id: 'erring', url: erring.url }])
      const kept = await rawRequest(alone.origin, request)
      expect([kept.status, kept.body.toString()]).toEqual([status, '{"error":"no"}'])
    },
  )

  test('when nearly all that is asked fails, the rest is not sent twice', async () => {
    const erring = [1, 2].map(() =>
      startEngine(({ response }) => answerJson(response, 500, '{"error":"no"}')),
    )
    const engines = await Promise.all(erring)
    const facts = engines.map(({ url }, i) => ({ id: `e${i}`, url, ...holding }))
    const bench = await startBench(facts, { door: { slots: 4 } })
    const asked = 400
    for (let i = 0; i < asked; i++) {
      expect((await rawRequest(bench.origin, request)).status).toBe(500)
    }
    const received = engines.reduce((sum, engine) => sum + engine.received.length, 0)
    expect(received - asked).toBeLessThanOrEqual(100 + asked / 5)
    expect(bench.logged('retry.refused').length).toBeGreaterThan(0)
  })

  test('a death that nobody can take over is Ollama’s error, status 500', async () => {
    const engine = await startEngine(({ socket }) => void socket.resetAndDestroy())
    const { origin, engines } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, request)
    expect([got.status, got.body.toString()]).toEqual([500, died])
    expect(headerOf(got, 'content-type')).toBe('application/json; charset=utf-8')
    expect(engines.list()[0]?.activeRequests).toBe(0)
  })

  test('a long wait in an engine that dies ends as a death for all that wait, and not as if it had read nothing', async () => {
    const sockets: Socket[] = []
    const dying = await startEngine(({ socket }) => void sockets.push(socket))
    const limits = { deathNoticeMs: 50 }
    const loaded = [{ name: 'pocket:latest', digest: 'd', expires_at: '' }]
    const { origin, engines } = await startBench([{ id: 'local', url: dying.url, loaded }], {
      limits,
    })
    const waiting = [rawRequest(origin, request), rawRequest(origin, request)]
    await until('both to be in the engine', () => sockets.length === 2)
    const sinceMs = performance.now()
    await until(
      'the notice to be over',
      () => performance.now() - sinceMs > 2 * limits.deathNoticeMs,
    )
    for (const socket of sockets) socket.resetAndDestroy()
    for (const answer of waiting) expect((await answer).status).toBe(500)
    expect(engines.outcomes.map(({ outcome }) => outcome)).toEqual(['died', 'died'])
  })

  test('what is sent to an engine that has just died is sent again when it is back', async () => {
    const dying = await startEngine(({ socket }) => void socket.resetAndDestroy())
    const back = await startEngine(({ response }) => answerJson(response, 200, '{"ok":1}'))
    const { origin, engines } = await startBench([{ id: 'local', url: dying.url }])
    expect((await rawRequest(origin, request)).status).toBe(500)
    const connection = await connectRaw(origin)
    await connection.request(request)
    await until('the second death', () => engines.outcomes.length === 2)
    engines.set('local', { state: 'restarting' })
    engines.set('local', { state: 'running', url: back.url })
    expect((await connection.answer()).status).toBe(200)
    connection.destroy()
  })

  test('at most three engines are tried', async () => {
    const urls = await Promise.all([0, 1, 2, 3].map(deadlyEngine))
    const bench = await startBench(urls.map((url, i) => ({ id: `e${i}`, url })))
    const got = await rawRequest(bench.origin, request)
    expect(got.status).toBe(500)
    expect(bench.engines.outcomes).toHaveLength(3)
  })

  test('no engine at all is 503 at once, with how each one stands', async () => {
    const { origin } = await startBench([
      { id: 'local', url: await deadUrl(), state: 'crash-loop' },
    ])
    const got = await rawRequest(origin, request)
    expect(got.status).toBe(503)
    expect(JSON.parse(got.body.toString())).toEqual({
      error: 'no engine can take the request now (local: crash-loop)',
    })
  })

  test('only engines that refuse is 503', async () => {
    const { origin } = await startBench([{ id: 'local', url: await deadUrl() }])
    const got = await rawRequest(origin, request)
    expect(got.status).toBe(503)
    expect(got.body.toString()).toContain('(local: unhealthy)')
  })
})

describe('an engine that starts', () => {
  test.each(['starting', 'restarting'] as const)('%s is waited for', async (state) => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, '{}'))
    const { origin, engines } = await startBench([{ id: 'local', url: engine.url, state }])
    const connection = await connectRaw(origin)
    await connection.request(request)
    expect(await connection.idle(100)).toBe('open')
    engines.set('local', { state: 'running' })
    expect((await connection.answer()).status).toBe(200)
    connection.destroy()
  })

  test('an engine that refuses and is then restarted gets the request', async () => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, '{}'))
    const { origin, engines } = await startBench([{ id: 'local', url: await deadUrl() }])
    const connection = await connectRaw(origin)
    await connection.request(request)
    await until('the refusal', () => engines.outcomes.length === 1)
    engines.set('local', { state: 'restarting' })
    expect(await connection.idle(500)).toBe('open')
    engines.set('local', { state: 'running', url: engine.url })
    expect((await connection.answer()).status).toBe(200)
    connection.destroy()
  })

  test.each([
    ['dies', (socket: Socket) => void socket.resetAndDestroy()],
    ['erred', (_: Socket, response: ServerResponse) => answerJson(response, 500, '{"error":"no"}')],
  ] as const)(
    'gets the request of one that %s meanwhile, which is not asked twice',
    async (_, end) => {
      const failing = await startEngine(({ socket, response }) => end(socket, response))
      const back = await startEngine(({ response }) => answerJson(response, 200, '{"ok":1}'))
      const { origin, engines } = await startBench([
        { id: 'failing', url: failing.url, ...holding },
        { id: 'back', url: back.url, state: 'restarting' },
      ])
      const connection = await connectRaw(origin)
      await connection.request(request)
      await until('the failure', () => engines.outcomes.length === 1)
      expect(await connection.idle(100)).toBe('open')
      engines.set('back', { state: 'running' })
      const answer = await connection.answer()
      expect([answer.status, headerOf(answer, 'x-od-engine')]).toEqual([200, 'back'])
      expect(failing.received).toHaveLength(1)
      connection.destroy()
    },
  )

  test('is not waited for beyond the limit', async () => {
    const { origin } = await startBench(
      [{ id: 'local', url: await deadUrl(), state: 'starting' }],
      { limits: { engineWaitMs: 50 } },
    )
    expect((await rawRequest(origin, request)).status).toBe(503)
  })
})

describe('a model that an engine does not have', () => {
  const missing = `{"error":"model 'pocket' not found"}`

  test('is waited for while the engine that has it starts again; the other is asked once', async () => {
    const without = await startEngine(({ response }) => answerJson(response, 404, missing))
    const having = await startEngine(({ response }) => answerJson(response, 200, '{"ok":1}'))
    const bench = await startBench([
      { id: 'without', url: without.url },
      { id: 'having', url: having.url, ...holding, state: 'restarting' },
    ])
    const connection = await connectRaw(bench.origin)
    await connection.request(request)
    await until('the first to be asked', () => without.received.length === 1)
    bench.engines.set('having', { state: 'running' })
    const got = await connection.answer()
    expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, 'having'])
    expect(without.received).toHaveLength(1)
    connection.destroy()
  })

  test('is not called missing while the engine that has it is away', async () => {
    const without = await startEngine(({ response }) => answerJson(response, 404, missing))
    const { origin } = await startBench([
      { id: 'without', url: without.url },
      { id: 'having', url: await deadUrl(), ...holding, state: 'unhealthy' },
    ])
    const got = await rawRequest(origin, request)
    expect(got.status).toBe(503)
    expect(got.body.toString()).toContain('(having: unhealthy)')
  })
  const erred = '{"error":"it broke"}'

  test('S-044 (part: one node): the other engine is asked', async () => {
    const without = await startEngine(({ response }) => answerJson(response, 404, missing))
    const having = await startEngine(({ response }) => answerJson(response, 200, '{"details":{}}'))
    const { origin } = await startBench([
      { id: 'without', url: without.url },
      { id: 'having', url: having.url },
    ])
    for (let i = 0; i < 2; i++) {
      const got = await rawRequest(origin, { path: '/api/show', body: '{"model":"pocket"}' })
      expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, 'having'])
    }
    expect(without.received).toHaveLength(1) // turns: only one of both went there first
  })

  test('on no engine is the last engine’s answer', async () => {
    const first = await startEngine(({ response }) => answerJson(response, 404, '{"error":"1"}'))
    const second = await startEngine(({ response }) => answerJson(response, 404, missing))
    const { origin } = await startBench([
      { id: 'first', url: first.url },
      { id: 'second', url: second.url },
    ])
    const got = await rawRequest(origin, request)
    expect([got.status, got.body.toString()]).toEqual([404, missing])
    expect(headerOf(got, 'x-od-engine')).toBe('second')
  })

  test.each([
    ['errs', false, erred],
    ['dies', true, died],
  ])('does not hide that the one that has it %s', async (_, isDeath, expected) => {
    const having = await startEngine(({ response, socket }) => {
      if (isDeath) socket.resetAndDestroy()
      else answerJson(response, 500, erred)
    })
    const without = await startEngine(({ response }) => answerJson(response, 404, missing))
    const { origin } = await startBench([
      { id: 'having', url: having.url, ...holding },
      { id: 'without', url: without.url },
    ])
    const got = await rawRequest(origin, request)
    expect([got.status, got.body.toString()]).toEqual([500, expected])
    expect(without.received).toHaveLength(1)
  })

  test('is still said when the other engine does not answer', async () => {
    const first = await startEngine(({ response }) => answerJson(response, 404, missing))
    const { origin } = await startBench([
      { id: 'first', url: first.url },
      { id: 'second', url: await deadUrl() },
    ])
    const got = await rawRequest(origin, request)
    expect([got.status, got.body.toString()]).toEqual([404, missing])
    expect(headerOf(got, 'x-od-engine')).toBe('first')
  })
})

test('a stream whose first line is spoilt is another engine’s: nothing goes out of what came with that line', async () => {
  const spoilt = await startEngine(({ socket }) => {
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n'
    const chunks = chunk('<html>\n') + chunk(line({ n: 1 })) + chunk(line({ done: true }))
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks}${chunk('')}`) // one read of the gateway
  })
  const good = await startEngine(({ response }) => {
    beginStream(response, { n: 2 }, { done: true })
    response.end()
  })
  const { origin } = await startBench([
    { id: 'spoilt', url: spoilt.url, ...holding },
    { id: 'good', url: good.url },
  ])
  const got = await rawRequest(origin, request)
  expect(spoilt.received).toHaveLength(1)
  expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, 'good'])
  expect(got.body.toString()).toBe(line({ n: 2 }) + line({ done: true }))
})

describe('after the first byte', () => {
  test('the stream of an engine that dies ends with an error line, cleanly', async () => {
    const engine = await startEngine(({ response, socket }) => {
      beginStream(response, { n: 1 }, { n: 2 })
      response.write('{"n":', () => socket.resetAndDestroy())
    })
    const bench = await startBench([
      { id: 'local', url: engine.url, ...holding },
      { id: 'other', url: await deadUrl() },
    ])
    const got = await rawRequest(bench.origin, request)
    expect(got.status).toBe(200)
    expect(got.body.toString()).toBe(`${line({ n: 1 })}${line({ n: 2 })}${died}\n`)
    expect(got.isWhole).toBe(true)
    expect(bench.engines.outcomes).toEqual([{ engine: 'local', outcome: 'died' }])
  })

  test('a whole answer that breaks off was held back, so that nothing of it went out', async () => {
    const broken = await startEngine(({ response, socket }) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 })
      response.write('{"response":"', () => socket.end())
    })
    const good = await startEngine(({ response }) => answerJson(response, 200, '{"ok":1}'))
    const bench = await startBench([
      { id: 'broken', url: broken.url, ...holding },
      { id: 'good', url: good.url },
    ])
    const got = await rawRequest(bench.origin, request)
    expect([got.status, headerOf(got, 'x-od-engine')]).toEqual([200, 'good'])
  })

  test.each([
    ['says that it is not done', '{"response":"x","done":false}'],
    ['is no object', '{"response":"x"'],
  ])('a whole answer that %s is the death of its engine', async (_, body) => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, body))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    expect((await rawRequest(origin, request)).status).toBe(500)
  })

  test('one too long to hold breaks the connection: it must not pass for whole', async () => {
    const engine = await startEngine(({ response, socket }) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 })
      response.write('{"response":"', () => socket.end())
    })
    const limits = { heldAnswerBytesMax: 5 }
    const { origin } = await startBench([{ id: 'local', url: engine.url }], { limits })
    const got = await rawRequest(origin, request)
    expect(got.body.toString()).toBe('{"response":"')
    expect(got.isWhole).toBe(false)
  })

  test('the next request works', async () => {
    let isFirst = true
    const engine = await startEngine(({ response, socket }) => {
      if (!isFirst) return answerJson(response, 200, '{}')
      isFirst = false
      beginStream(response, { n: 1 })
      response.write('', () => socket.destroy())
      return undefined
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    expect((await rawRequest(origin, request)).body.toString()).toContain(died)
    expect((await rawRequest(origin, request)).body.toString()).toBe('{}')
  })
})

async function deadlyEngine(): Promise<string> {
  return (await startEngine(({ socket }) => void socket.resetAndDestroy())).url
}
