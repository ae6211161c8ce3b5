import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { headerOf, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { answerJson } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const listing = (name: string) => ({ name, digest: 'd', modified_at: '2026-01-01T00:00:00Z' })

/** As Ollama begins a stream of server-sent events. */
function beginEvents(response: ServerResponse, ...frames: readonly string[]): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
  for (const frame of frames) response.write(frame)
}

const chunk = (content: string) =>
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"finish_reason":null}]}\n\n`
const event = (type: string, more: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`

const streams = [
  ['/v1/chat/completions', [chunk('a'), chunk('b'), 'data: [DONE]\n\n']],
  ['/v1/completions', ['data: {"text":"a","model":"m"}\n\n', 'data: [DONE]\n\n']],
  [
    '/v1/responses',
    [
      event('response.created', { sequence_number: 0 }),
      event('response.completed', { sequence_number: 1 }),
    ],
  ],
  ['/v1/messages', [event('message_start'), event('message_stop')]],
] as const

const body = '{"MODEL":"m", "stream":true, "seed":12345678901234567890}trailing'
const died = 'an error was encountered while running the model: unexpected EOF'

describe('S-051 (part: one node): routes of OpenAI and Anthropic', () => {
  test.each(streams)('%s: the frames go through unmodified, to their end', async (path, frames) => {
    const engine = await startEngine(({ response }) => {
      beginEvents(response, ...frames)
      response.end()
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path: `${path}?a=%20`, body })
    expect(got.body.toString()).toBe(frames.join(''))
    expect([got.status, got.framing, headerOf(got, 'content-type')]).toEqual([
      200,
      'chunked',
      'text/event-stream',
    ])
    expect([headerOf(got, 'cache-control'), headerOf(got, 'connection')]).toEqual([
      'no-cache',
      'keep-alive',
    ])
    expect(engine.received[0]?.path).toBe(`${path}?a=%20`)
    expect(engine.received[0]?.body.toString()).toBe(body)
  })

  test('a client that wants the connection to end is not told that it is kept', async () => {
    const engine = await startEngine(({ response }) => {
      beginEvents(response, 'data: [DONE]\n\n')
      response.end()
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const headers = [['Connection', 'close']] as const
    const got = await rawRequest(origin, { path: '/v1/messages', body, headers })
    expect(headerOf(got, 'connection')).toBe('close')
  })

  test.each([
    ['/v1/chat/completions', '{"choices":[]}'],
    ['/v1/completions', '{"choices":[]}'],
    ['/v1/embeddings', '{"object":"list","data":[1.50]}'],
    ['/v1/responses', '{"output":[]}'],
    ['/v1/messages', '{"content":[]}'],
  ])('%s: a whole answer passes the same bytes both ways', async (path, answer) => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, answer))
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path, body })
    expect([got.status, got.body.toString(), got.framing]).toEqual([200, answer, 'length'])
    expect(engine.received[0]?.body.toString()).toBe(body)
  })

  test('the model decides where a request goes, in JSON', async () => {
    const a = await startEngine(({ response }) => answerJson(response, 200, '{"by":"a"}'))
    const b = await startEngine(({ response }) => answerJson(response, 200, '{"by":"b"}'))
    const { origin } = await startBench([
      { id: 'a', url: a.url, models: [listing('other:latest')] },
      { id: 'b', url: b.url, models: [listing('m:latest')] },
    ])
    for (const [path] of streams)
      await rawRequest(origin, { path, body: '{"model":"x","Model":"M"}' })
    expect([a.received.length, b.received.length]).toEqual([0, 4])
  })

  test('the model decides in the form of a transcription, whatever the file holds', async () => {
    const a = await startEngine(({ response }) => answerJson(response, 200, '{"by":"a"}'))
    const b = await startEngine(({ response }) => answerJson(response, 200, '{"text":"b"}'))
    const { origin } = await startBench([
      { id: 'a', url: a.url, models: [listing('other:latest')] },
      { id: 'b', url: b.url, models: [listing('m:latest')] },
    ])
    const part = (head: string, value: string) =>
      `--XX\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`
    const file = part('name="file"; filename="a.wav"', `RIFF{"model":"other"}${'['.repeat(500)}`)
    const form = `${file}${part('name="model"', 'm')}--XX--\r\n`
    const headers = [['Content-Type', 'multipart/form-data; boundary=XX']] as const
    const got = await rawRequest(origin, { path: '/v1/audio/transcriptions', body: form, headers })
    expect([got.status, got.body.toString()]).toEqual([200, '{"text":"b"}'])
    expect(b.received[0]?.body.toString()).toBe(form)
  })
})

describe('S-051: an engine that dies inside a stream of frames', () => {
  test.each([
    [
      '/v1/chat/completions',
      chunk('a'),
      `data: {"error":{"message":"${died}","type":"api_error","param":null,"code":null}}\n\n`,
    ],
    [
      '/v1/completions',
      'data: {"text":"a","model":"m"}\n\n',
      `data: {"error":{"message":"${died}","type":"api_error","param":null,"code":null}}\n\n`,
    ],
    [
      '/v1/responses',
      event('response.created', { sequence_number: 7 }),
      `event: error\ndata: {"type":"error","sequence_number":8,"code":"server_error","message":"${died}","param":null,"error":{"message":"${died}","type":"api_error","param":null,"code":null}}\n\n`,
    ],
  ])(
    '%s: whole frames, and an error in its own form, without its end',
    async (path, frame, last) => {
      const engine = await startEngine(({ response, socket }) => {
        beginEvents(response, frame, 'data: {"half')
        socket.end()
      })
      const { origin } = await startBench([{ id: 'local', url: engine.url }])
      const got = await rawRequest(origin, { path, body })
      expect(got.body.toString()).toBe(frame + last)
    },
  )

  test('/v1/messages: an event error with Anthropic’s object', async () => {
    const frame = event('message_start')
    const engine = await startEngine(({ response, socket }) => {
      beginEvents(response, frame, 'event: content')
      socket.end()
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path: '/v1/messages', body })
    const id = headerOf(got, 'x-od-request-id')
    expect(got.body.toString()).toBe(
      `${frame}event: error\ndata: {"type":"error","error":{"type":"api_error","message":"${died}"},"request_id":"req_${id}00000000"}\n\n`,
    )
  })

  test.each(streams)(
    '%s: a clean end without the terminator counts as a death',
    async (path, frames) => {
      const engine = await startEngine(({ response }) => {
        beginEvents(response, ...frames.slice(0, -1))
        response.end()
      })
      const { origin, engines } = await startBench([{ id: 'local', url: engine.url }])
      const got = await rawRequest(origin, { path, body })
      expect(got.body.toString()).toContain(`"message":"${died}"`)
      expect(engines.outcomes).toEqual([{ engine: 'local', outcome: 'died' }])
    },
  )

  test('what Ollama writes for a dead runner never goes out, and an error does', async () => {
    const nameless = 'data: {"id":"","model":"","choices":[{"index":0,"delta":{"content":""}}]}\n\n'
    const engine = await startEngine(({ response }) => {
      beginEvents(response, chunk('a'), nameless)
      response.end()
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path: '/v1/chat/completions', body })
    expect(got.body.toString().startsWith(`${chunk('a')}data: {"error"`)).toBe(true)
    expect(got.body.toString()).not.toContain('"model":""')
  })

  test('an error event of the engine itself is an end, and goes out as it is', async () => {
    const frames = [event('message_start'), event('error', { error: { type: 'x', message: 'y' } })]
    const engine = await startEngine(({ response }) => {
      beginEvents(response, ...frames)
      response.end()
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const got = await rawRequest(origin, { path: '/v1/messages', body })
    expect(got.body.toString()).toBe(frames.join(''))
  })

  test.each(['/v1/chat/completions', '/v1/messages', '/v1/embeddings'])(
    '%s: before the first frame another engine answers',
    async (path) => {
      const dying = await startEngine(({ response, socket }) => {
        beginEvents(response)
        response.flushHeaders()
        socket.end()
      })
      const good = await startEngine(({ response }) => answerJson(response, 200, '{"ok":true}'))
      const { origin } = await startBench([
        { id: 'a', url: dying.url, models: [listing('m:latest')] },
        { id: 'b', url: good.url },
      ])
      const got = await rawRequest(origin, { path, body })
      expect([got.status, got.body.toString()]).toEqual([200, '{"ok":true}'])
      expect(dying.received).toHaveLength(1)
    },
  )
})

describe('a whole answer on these routes', () => {
  test('that breaks off is held back, and another engine answers', async () => {
    const dying = await startEngine(({ response, socket }) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 })
      response.write('{"id":"chatcmpl-1","choices"', () => socket.destroy())
    })
    const good = await startEngine(({ response }) => answerJson(response, 200, '{"ok":true}'))
    const { origin } = await startBench([
      { id: 'a', url: dying.url, models: [listing('m:latest')] },
      { id: 'b', url: good.url },
    ])
    const got = await rawRequest(origin, { path: '/v1/chat/completions', body: '{"model":"m"}' })
    expect([got.status, got.body.toString(), dying.received.length]).toEqual([
      200,
      '{"ok":true}',
      1,
    ])
  })

  test.each([404, 500])(
    'of %i is not the client’s while another engine can answer',
    async (status) => {
      const first = await startEngine(({ response }) =>
        answerJson(response, status, '{"error":{}}'),
      )
      const second = await startEngine(({ response }) => answerJson(response, 200, '{"ok":true}'))
      const { origin } = await startBench([
        { id: 'a', url: first.url },
        { id: 'b', url: second.url },
      ])
      const statuses = []
      for (let i = 0; i < 3; i++) {
        statuses.push((await rawRequest(origin, { path: '/v1/messages', body })).status)
      }
      expect(statuses).toEqual([200, 200, 200])
      expect(first.received.length).toBeGreaterThan(0)
    },
  )

  test('keep_alive means nothing there: the request takes a place as all others do', async () => {
    const held: (() => void)[] = []
    const engine = await startEngine(({ response }) => {
      held.push(() => answerJson(response, 200, '{}'))
    })
    const { origin, engines } = await startBench([{ id: 'a', url: engine.url }], {
      door: { slots: 1 },
    })
    const ask = (path: string) => rawRequest(origin, { path, body: '{"model":"m","keep_alive":0}' })
    const native = ask('/api/generate')
    await until('what unloads to be in the engine', () => held.length === 1)
    const first = ask('/v1/completions')
    await until('it to be there too', () => held.length === 2)
    const second = ask('/v1/completions')
    await until('the next to wait', () => engines.list()[0]?.queuedRequests === 1)
    for (const answer of held) answer()
    await until('its turn', () => held.length === 3)
    held[2]?.()
    for (const one of await Promise.all([native, first, second])) expect(one.status).toBe(200)
  })
})

describe('errors of the gateway in the form of the route that was asked', () => {
  test('S-051: nobody is there: OpenAI’s form with a newline, as Ollama’s handlers say it', async () => {
    const { origin } = await startBench([])
    const got = await rawRequest(origin, { path: '/v1/chat/completions', body })
    expect([got.status, headerOf(got, 'content-type'), got.body.toString()]).toEqual([
      503,
      'application/json',
      '{"error":{"message":"no engine can take the request now (none is configured)","type":"api_error","param":null,"code":null}}\n',
    ])
  })

  test('S-051: Anthropic’s form', async () => {
    const { origin } = await startBench([])
    const got = await rawRequest(origin, { path: '/v1/messages', body })
    const id = headerOf(got, 'x-od-request-id')
    expect(got.body.toString()).toBe(
      `{"type":"error","error":{"type":"overloaded_error","message":"no engine can take the request now (none is configured)"},"request_id":"req_${id}00000000"}\n`,
    )
  })

  test('a body beyond the bounds is refused in the form of Ollama’s translation', async () => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, '{}'))
    const { origin } = await startBench([{ id: 'a', url: engine.url }])
    const deep = `{"model":"m","messages":${'['.repeat(200)}`
    const got = await rawRequest(origin, { path: '/v1/chat/completions', body: deep })
    expect([got.status, headerOf(got, 'content-type'), got.body.toString()]).toEqual([
      400,
      'application/json; charset=utf-8',
      '{"error":{"message":"the request body has too many levels of nesting","type":"invalid_request_error","param":null,"code":null}}',
    ])
    expect(engine.received).toHaveLength(0)
  })
})

describe('what an engine kind cannot do: our own hears nothing', () => {
  const embedded = { id: 'embedded', kind: 'embedded', url: 'http://127.0.0.1:9' } as const
  const path = '/v1/audio/transcriptions'
  const headers = [['Content-Type', 'multipart/form-data; boundary=XX']] as const
  const formOf = (model: string) =>
    `--XX\r\nContent-Disposition: form-data; name="model"\r\n\r\n${model}\r\n--XX--\r\n`

  test('another that can is asked', async () => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, '{"text":1}'))
    const { origin } = await startBench([
      { ...embedded, models: [listing('m:latest')] },
      { id: 'local', url: engine.url, models: [listing('m:latest')] },
    ])
    for (let i = 0; i < 4; i++) {
      expect((await rawRequest(origin, { path, headers, body: formOf('m') })).status).toBe(200)
    }
    expect(engine.received).toHaveLength(4)
  })

  test('where only our own has the model, it answers itself that it cannot', async () => {
    const own = await startEngine(({ response }) => answerJson(response, 400, '{"by":"own"}'))
    const engine = await startEngine(({ response }) => answerJson(response, 404, '{"by":"other"}'))
    const { origin } = await startBench([
      { ...embedded, url: own.url, models: [listing('m:latest')] },
      { id: 'local', url: engine.url, models: [listing('other:latest')] },
    ])
    const ask = async (model: string) => {
      const got = await rawRequest(origin, { path, headers, body: formOf(model) })
      return [got.status, got.body.toString()]
    }
    expect(await ask('M')).toEqual([400, '{"by":"own"}'])
    expect(await ask('nope')).toEqual([404, '{"by":"other"}'])
    const picture = { path: '/v1/images/generations', body: '{"model":"m"}' }
    expect((await rawRequest(origin, picture)).body.toString()).toBe('{"by":"own"}')
  })

  test('alone it is asked whatever the model', async () => {
    const own = await startEngine(({ response }) => answerJson(response, 400, '{"by":"own"}'))
    const { origin } = await startBench([{ ...embedded, url: own.url }])
    const got = await rawRequest(origin, { path, headers, body: formOf('nope') })
    expect([got.status, got.body.toString()]).toEqual([400, '{"by":"own"}'])
  })
})

describe('S-052 (part: one node): models in OpenAI’s form', () => {
  const url = 'http://127.0.0.1:9'
  const old = { name: 'm:latest', digest: 'a', modified_at: '2026-01-01T00:00:00.9Z' }
  const young = { name: 'm:latest', digest: 'b', modified_at: '2026-01-02T00:00:00+01:00' }
  const own = { name: 'me/mine:7b', digest: 'c', modified_at: '2025-01-01T00:00:00Z' }
  const engines = [
    { id: 'a', url, models: [old, own] },
    { id: 'b', url, models: [young] },
  ]

  test('the list is the union by name, newest first', async () => {
    const { origin } = await startBench(engines)
    const got = await rawRequest(origin, { path: '/v1/models' })
    expect([headerOf(got, 'content-type'), got.body.toString()]).toEqual([
      'application/json',
      `{"object":"list","data":[{"id":"m:latest","object":"model","created":1767308400,"owned_by":"library"},{"id":"me/mine:7b","object":"model","created":1735689600,"owned_by":"me"}]}\n`,
    ])
  })

  test('without a model the list is null', async () => {
    const { origin } = await startBench([{ id: 'a', url }])
    const got = await rawRequest(origin, { path: '/v1/models' })
    expect(got.body.toString()).toBe('{"object":"list","data":null}\n')
  })

  test.each([
    ['m', 200, '{"id":"m","object":"model","created":1767308400,"owned_by":"library"}\n'],
    [
      'M%3ALATEST',
      200,
      '{"id":"M:LATEST","object":"model","created":1767308400,"owned_by":"library"}\n',
    ],
    [
      'm:local',
      200,
      '{"id":"m:local","object":"model","created":1767308400,"owned_by":"library"}\n',
    ],
    [
      'nope',
      404,
      `{"error":{"message":"model 'nope' not found","type":"not_found_error","param":null,"code":null}}\n`,
    ],
    [
      'a%20b',
      400,
      '{"error":{"message":"invalid model name","type":"invalid_request_error","param":null,"code":null}}\n',
    ],
    ['library%2Fm', 404, '404 page not found'],
  ])('/v1/models/%s is %i', async (name, status, text) => {
    const { origin } = await startBench(engines)
    const got = await rawRequest(origin, { path: `/v1/models/${name}` })
    expect([got.status, got.body.toString()]).toEqual([status, text])
  })
})
