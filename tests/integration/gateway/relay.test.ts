import { describe, expect, test } from 'vitest'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'
import { answerJson, beginStream, line, type Turn } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const died = '{"error":"an error was encountered while running the model: unexpected EOF"}'

/** What a client may send that a re-encoder would change: spelling of numbers, blanks, order, duplicates, odd escapes. */
const oddBody =
  '{ "MODEL":"Pocket" ,"stream":false,"options":{"seed":12345678901234567890,"temperature":1.0e0},' +
  '"prompt":"\\u00e9\\/\\ud83d\\ude00 é","stream" : false}trailing'

const chatBody = JSON.stringify({
  model: 'pocket',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'What is this?', images: ['aGVsbG8='] },
    { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: {} } }] },
    { role: 'tool', content: '1', tool_name: 'f' },
  ],
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
  think: 'high',
  format: { type: 'object', properties: { a: { type: 'integer' } } },
  keep_alive: -1,
})

describe('a whole answer', () => {
  test.each([
    ['S-034 (part: whole answer)', '/api/generate', oddBody],
    ['S-035 (part: whole answer)', '/api/chat', chatBody],
    ['S-044 (part: one node)', '/api/show', '{"name":"pocket","verbose":true}'],
    ['relay', '/api/embed', '{"model":"pocket","input":["a","b"]}'],
    ['relay', '/api/embeddings', '{"model":"pocket","prompt":"a"}'],
  ])('%s: %s passes the same bytes both ways', async (_, path, body) => {
    const answer =
      '{"model":"Pocket","response":"a < b \\u003c","total_duration":12345678901234567890}'
    const engine = await startEngine(({ response }) => answerJson(response, 200, answer))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path: `${path}?a=1&b=%20`, body })
    expect(engine.received).toHaveLength(1)
    expect(engine.received[0]?.body.toString()).toBe(body)
    expect(engine.received[0]?.path).toBe(`${path}?a=1&b=%20`)
    expect(got.status).toBe(200)
    expect(got.body.toString()).toBe(answer)
    expect(got.framing).toBe('length')
    expect(headerOf(got, 'content-type')).toBe('application/json; charset=utf-8')
  })

  test('says which request it was, and which node and engine answered', async () => {
    const engine = await startEngine(({ response }) => {
      response.setHeader('x-od-node', 'a lie')
      response.setHeader('Server', 'secret/1.0')
      answerJson(response, 200, '{}')
    })
    const { origin, logged } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path: '/api/generate', body: '{"model":"pocket"}' })
    expect(headerOf(got, 'x-od-node')).toBe('node-1')
    expect(headerOf(got, 'x-od-engine')).toBe('local')
    expect(got.headers.filter(([name]) => name.toLowerCase() === 'x-od-node')).toHaveLength(1)
    expect(headerOf(got, 'server')).toBeUndefined()
    const finished = await until('log line', () => logged('request.finished')[0])
    expect(headerOf(got, 'x-od-request-id')).toBe(finished['requestId'])
    expect(finished).toMatchObject({ status: 200, bytes: 2, engine: 'local', isWhole: true })
  })

  test('an error of the engine is passed as it is', async () => {
    const answer = `{"error":"option \\"num_ctx\\" must be of type integer"}`
    const engine = await startEngine(({ response }) => answerJson(response, 500, answer))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path: '/api/generate', body: '{"model":"pocket"}' })
    expect([got.status, got.body.toString()]).toEqual([500, answer])
  })

  test('an engine that needs longer than any timeout of a client library is waited for', async () => {
    let release = () => {}
    const engine = await startEngine(
      ({ response }) =>
        new Promise((resolve) => {
          release = () => {
            answerJson(response, 200, '{"done":true}')
            resolve()
          }
        }),
    )
    const limits = { headersMs: 100, bodyMs: 100, connectMs: 100, stalledReaderMs: 100 }
    const { origin } = await startBench([{ id: 'local', url: engine.url }], { limits })
    const connection = await connectRaw(origin)
    await connection.request({ path: '/api/generate', body: '{"model":"pocket"}' })
    expect(await connection.idle(2_000)).toBe('open')
    release()
    expect((await connection.answer()).body.toString()).toBe('{"done":true}')
    connection.destroy()
  })
})

describe('what the engine gets of the headers', () => {
  test('the client’s, without secrets, without what concerns one connection, with its own host', async () => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, '{}'))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    await rawRequest(origin, {
      path: '/api/chat',
      body: '{"model":"pocket"}',
      chunkBytes: 5,
      headers: [
        ['User-Agent', 'GitHubCopilotChat/1.0'],
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Accept-Encoding', 'gzip'],
        ['Origin', 'http://localhost:3000'],
        ['Authorization', 'Bearer secret'],
        ['Cookie', 'a=b'],
        ['X-Od-Node', 'forged'],
        ['X-Hop', 'named below'],
        ['Connection', 'keep-alive, x-hop'],
        ['X-Kept', 'Ünïcode'],
      ],
    })
    const { rawHeaders = [] } = engine.received[0] ?? {}
    const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, i) =>
      rawHeaders.slice(2 * i, 2 * i + 2),
    )
    const isOurs = ([name = '']: readonly string[]) =>
      ['host', 'connection', 'content-length'].includes(name.toLowerCase())
    expect(pairs.filter((pair) => !isOurs(pair))).toEqual([
      ['User-Agent', 'GitHubCopilotChat/1.0'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Accept-Encoding', 'gzip'],
      ['X-Kept', 'Ünïcode'],
    ])
    expect(pairs.find(([name]) => name?.toLowerCase() === 'host')?.[1]).toBe(
      new URL(engine.url).host,
    )
    expect(pairs.find(([name]) => name?.toLowerCase() === 'content-length')?.[1]).toBe('18')
  })
})

describe('a stream', () => {
  test.each([
    ['S-034', '/api/generate', oddBody],
    ['S-035', '/api/chat', chatBody],
  ])(
    '%s: whole on %s, then streamed: the first line is here before the second is made',
    async (_, path, body) => {
      const stream = Promise.withResolvers<Turn['response']>()
      const engine = await startEngine(({ request, response }) => {
        if (request.path.endsWith('?whole')) return answerJson(response, 200, '{"done":true}')
        beginStream(response, { response: 'one', done: false })
        return stream.resolve(response)
      })
      const { origin } = await startBench([{ id: 'local', url: engine.url }])
      const whole = await rawRequest(origin, { path: `${path}?whole`, body })
      expect(whole.body.toString()).toBe('{"done":true}')
      const connection = await connectRaw(origin)
      await connection.request({ path, body })
      const head = await connection.head()
      expect(headerOf(head, 'content-type')).toBe('application/x-ndjson')
      const pieces = connection.pieces(head)
      const first = await pieces.next()
      expect(first.value).toMatchObject({ bytes: Buffer.from('{"response":"one","done":false}\n') })
      const upstream = await stream.promise
      upstream.end(line({ response: 'two', done: true }))
      const second = await pieces.next()
      expect(second.value).toMatchObject({ bytes: Buffer.from('{"response":"two","done":true}\n') })
      expect(await pieces.next()).toEqual({ done: true, value: true })
      expect(engine.received.map((received) => received.body.toString())).toEqual([body, body])
      connection.destroy()
    },
  )

  test('a line goes out when it is whole, however the engine cuts it', async () => {
    const started = Promise.withResolvers<Turn['response']>()
    const engine = await startEngine(({ response }) => {
      beginStream(response, { n: 1 })
      started.resolve(response)
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const connection = await connectRaw(origin)
    await connection.request({ path: '/api/generate', body: '{"model":"pocket"}' })
    const pieces = connection.pieces(await connection.head())
    await pieces.next()
    const second = pieces.next()
    const response = await started.promise
    response.write('{"n"')
    await expect(within('a part of a line', second, 100)).rejects.toThrow('not within')
    response.write(':2}\n{"n":3}\n{"n"')
    expect((await second).value).toMatchObject({ bytes: Buffer.from('{"n":2}\n{"n":3}\n') })
    connection.destroy()
  })

  test.each([
    ['with a last line that lacks its newline is passed as it is', '{"n":2,"done":true}'],
    ['without a last line is told as the death that it is', `${died}\n`],
  ])('an orderly end %s', async (_, last) => {
    const engine = await startEngine(({ response }) => {
      beginStream(response, { n: 1 })
      response.end(last.includes('done') ? last : undefined)
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path: '/api/generate', body: '{"model":"pocket"}' })
    expect(got.body.toString()).toBe(`{"n":1}\n${last}`)
    expect(got.isWhole).toBe(true)
  })

  test('a line that is no JSON is not passed on', async () => {
    const engine = await startEngine(({ response }) => {
      beginStream(response, { n: 1 })
      setImmediate(() => response.end('gar\xffbage\n{"done":true}\n'))
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path: '/api/generate', body: '{"model":"pocket"}' })
    expect(got.body.toString()).toMatch(/^(\{"n":1\}\n)?\{"error":.*\}\n?$/)
  })
})
