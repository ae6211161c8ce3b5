import { describe, expect, test } from 'vitest'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'
import { answerJson } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const request = 'POST /api/generate HTTP/1.1\r\nHost: localhost\r\n'

async function startLimited(limits: Parameters<typeof startBench>[1] = {}) {
  const engine = await startEngine(({ response }) => answerJson(response, 200, '{"ok":1}'))
  const bench = await startBench([{ id: 'local', url: engine.url }], limits)
  return { ...bench, engine }
}

/** Sends bytes as they are and reads one answer; `after`: whether an end that it announces comes. */
async function exchange(origin: string, ...parts: readonly (string | Buffer)[]) {
  const connection = await connectRaw(origin)
  for (const part of parts) await connection.send(part)
  const answer = await within('an answer', connection.answer())
  const isEnding = headerOf(answer, 'connection') === 'close'
  const after = isEnding ? await connection.idle(10_000) : 'open'
  connection.destroy()
  return { ...answer, after, error: errorOf(answer.body) }
}

function errorOf(body: Buffer): string | undefined {
  return body[0] === 0x7b /* { */ ? JSON.parse(body.toString()).error : undefined
}

describe('headers', () => {
  test.each([
    ['one too long', `X-Long: ${'x'.repeat(20_000)}\r\n`],
    [
      '129 of them, with Host and Content-Length',
      Array.from({ length: 127 }, (_, i) => `X-${i}: 1\r\n`).join(''),
    ],
    ['2,000 tiny ones', 'x:1\r\n'.repeat(2_000)],
  ])('%s: 431, and the connection ends', async (_, headers) => {
    const { origin, engine } = await startLimited()
    const got = await exchange(origin, `${request}${headers}Content-Length: 2\r\n\r\n{}`)
    expect([got.status, got.after]).toEqual([431, 'closed'])
    expect(got.error).toMatch(/more than 128 header fields or 16384 bytes/)
    expect(headerOf(got, 'x-od-request-id')).toMatch(/^[0-9a-f]{16}$/)
    expect(engine.received).toHaveLength(0)
  })

  test('128 of them are fine', async () => {
    const { origin } = await startLimited()
    const headers = Array.from({ length: 126 }, (_, i) => `X-${i}: 1\r\n`).join('')
    const got = await exchange(origin, `${request}${headers}Content-Length: 2\r\n\r\n{}`)
    expect(got.status).toBe(200)
  })

  test('a URL above 8 KiB: 414', async () => {
    const { origin } = await startLimited()
    const got = await rawRequest(origin, { path: `/api/tags?${'x'.repeat(8_200)}` })
    expect([got.status, errorOf(got.body)]).toEqual([414, 'the URL is longer than 8192 bytes'])
  })

  test('half of them within the time: 408', async () => {
    const { origin } = await startLimited({ limits: { headersMs: 100 } })
    const got = await exchange(origin, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    expect([got.status, got.after]).toEqual([408, 'closed'])
    expect(got.error).toBe('the request did not arrive in time')
  })

  test('nothing at all within the time: the end without a word', async () => {
    const { origin } = await startLimited({ limits: { headersMs: 100 } })
    const connection = await connectRaw(origin)
    expect(await connection.idle(10_000)).toBe('closed')
    expect(connection.socket.bytesRead).toBe(0)
  })
})

describe('bodies', () => {
  const limits = { clientBodyBytesMax: 1_000, lingerMs: 200 }

  test('too long by Content-Length: 413 before it is sent, and the engine hears nothing', async () => {
    const { origin, engine } = await startLimited({ limits })
    const got = await exchange(origin, `${request}Content-Length: 100000000\r\n\r\n`)
    expect([got.status, got.after]).toEqual([413, 'closed'])
    expect(got.error).toBe('the request body is larger than 1000 bytes')
    expect(engine.received).toHaveLength(0)
  })

  test('a client that only writes still gets to read the 413', async () => {
    const { origin } = await startLimited({ limits })
    const body = Buffer.alloc(8 * 1024 * 1024, 0x20)
    const got = await rawRequest(origin, { path: '/api/generate', body })
    expect([got.status, headerOf(got, 'connection')]).toEqual([413, 'close'])
  })

  test('"Expect: 100-continue" gets 413 instead of 100, or 100 and the answer', async () => {
    const { origin } = await startLimited({ limits })
    const expects = `${request}Expect: 100-continue\r\n`
    const refused = await exchange(origin, `${expects}Content-Length: 1001\r\n\r\n`)
    expect([refused.status, refused.interim]).toEqual([413, []])
    const taken = await exchange(origin, `${expects}Content-Length: 2\r\n\r\n`, '{}')
    expect([taken.status, taken.interim]).toEqual([200, [100]])
    const unknown = await exchange(origin, `${request}Expect: 200-maybe\r\n\r\n`)
    expect(unknown.status).toBe(417)
  })

  test('chunked and growing past the limit: 413', async () => {
    const { origin, engine } = await startLimited({ limits })
    const chunk = `1f4\r\n${'x'.repeat(500)}\r\n`
    const head = `${request}Transfer-Encoding: chunked\r\n\r\n`
    const got = await exchange(origin, head, chunk, chunk, chunk)
    expect([got.status, got.after]).toEqual([413, 'closed'])
    expect(engine.received).toHaveLength(0)
  })

  test('exactly at the limit is fine, chunked or not', async () => {
    const { origin, engine } = await startLimited({ limits })
    const body = `{"model":"${'x'.repeat(988)}"}`
    for (const chunkBytes of [undefined, 100]) {
      const got = await rawRequest(origin, {
        path: '/api/generate',
        body,
        ...(chunkBytes === undefined ? {} : { chunkBytes }),
      })
      expect(got.status).toBe(200)
    }
    expect(engine.received.map((received) => received.body.length)).toEqual([1_000, 1_000])
  })

  test('a byte now and then: 408 by its rate', async () => {
    const { origin } = await startLimited({
      limits: { bodyRateAfterMs: 100, bodyBytesPerSecondMin: 1_000 },
    })
    const got = await exchange(origin, `${request}Content-Length: 50\r\n\r\n`, '{', '"')
    expect([got.status, got.after]).toEqual([408, 'closed'])
  })

  test('fast enough but endless: 408 by the time', async () => {
    const { origin } = await startLimited({
      limits: { bodyMs: 300, bodyRateAfterMs: 100, bodyBytesPerSecondMin: 1 },
    })
    const got = await exchange(
      origin,
      `${request}Content-Length: 50000\r\n\r\n`,
      Buffer.alloc(40_000, 0x20),
    )
    expect(got.status).toBe(408)
  })

  test('of a GET is dropped, and the connection goes on', async () => {
    const { origin } = await startLimited()
    const connection = await connectRaw(origin)
    await connection.request({ method: 'GET', path: '/api/tags', body: '{not json' })
    expect((await connection.answer()).status).toBe(200)
    await connection.request({ path: '/' })
    expect((await connection.answer()).body.toString()).toBe('Ollama is running')
    connection.destroy()
  })

  test('of a path that does not exist, without an end: 404 and the end', async () => {
    const { origin } = await startLimited({ limits: { lingerMs: 100 } })
    const connection = await connectRaw(origin)
    await connection.send(
      'POST /nope HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    expect((await connection.answer()).status).toBe(404)
    expect(await connection.idle(3_000)).toBe('closed')
    connection.destroy()
  })
})

describe('framing that two programs could read in two ways', () => {
  const plain = '400 Bad Request'
  test.each([
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ', 400, plain],
    [
      'a length and chunks',
      'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
      400,
      plain,
    ],
    [
      'unknown transfer coding',
      'Transfer-Encoding: xchunked\r\n\r\n{}',
      501,
      'Unsupported transfer encoding',
    ],
    [
      'a blank before the colon',
      'Content-Length : 2\r\n\r\n{}',
      400,
      `${plain}: invalid header name`,
    ],
  ])('%s: refused in the words of Go, and the connection ends', async (_, rest, status, words) => {
    const { origin, engine, logged } = await startLimited()
    const got = await exchange(origin, `${request}${rest}`)
    expect([got.status, got.body.toString(), got.after]).toEqual([status, words, 'closed'])
    expect(engine.received).toHaveLength(0)
    const lines = () => [...logged('request.refused'), ...logged('request.finished')]
    await until('it is logged', () => lines().length > 0)
    expect(lines()).toMatchObject([{ status }])
  })

  test('no Host and no HTTP are refused the same way', async () => {
    const { origin } = await startLimited()
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      'hello\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\r\n',
    ]) {
      expect((await exchange(origin, bytes)).status).toBe(400)
    }
  })

  test('HTTP/1.0 is answered and closed', async () => {
    const { origin } = await startLimited()
    const connection = await connectRaw(origin)
    await connection.send('GET / HTTP/1.0\r\n\r\n')
    const answer = await connection.answer()
    expect([answer.version, answer.body.toString()]).toEqual(['HTTP/1.0', 'Ollama is running'])
    expect(headerOf(answer, 'connection')).toBeUndefined()
    expect(await connection.idle(3_000)).toBe('closed')
  })

  test('HTTP/1.0 is kept where the client wishes so, and says so', async () => {
    const { origin } = await startLimited()
    const connection = await connectRaw(origin)
    const wish = 'HTTP/1.0\r\nConnection: keep-alive\r\n'
    const body = '{"model":"a"}'
    const slow = `POST /api/generate ${wish}Content-Length: ${body.length}\r\n\r\n${body}` // those behind wait for it
    await connection.send(`${slow}GET / ${wish}\r\nGET /nowhere HTTP/1.0\r\n\r\n`)
    for (const [status, says] of [
      [200, 'keep-alive'],
      [200, 'keep-alive'],
      [404, undefined],
    ]) {
      const answer = await connection.answer()
      expect([answer.version, answer.status]).toEqual(['HTTP/1.0', status])
      expect(headerOf(answer, 'connection')).toBe(says)
    }
    expect(await connection.idle(3_000)).toBe('closed')
  })
})

describe('connections', () => {
  test('are kept for the next request, and closed when idle', async () => {
    const { origin } = await startLimited({ limits: { keepAliveIdleMs: 300 } })
    const connection = await connectRaw(origin)
    for (let i = 0; i < 2; i++) {
      await connection.request({ path: '/' })
      expect((await connection.answer()).status).toBe(200)
    }
    expect(await connection.idle(5_000)).toBe('closed')
  })

  test('are kept for a short time only when there are many', async () => {
    const limits = { crowdedConnections: 2, keepAliveCrowdedMs: 100, keepAliveIdleMs: 60_000 }
    const { origin } = await startLimited({ limits })
    const all = []
    for (let i = 0; i < 3; i++) all.push(await connectRaw(origin))
    for (const connection of all) {
      await connection.request({ path: '/' })
      expect((await connection.answer()).status).toBe(200)
    }
    for (const connection of all) expect(await connection.idle(10_000)).toBe('closed')
    const alone = await connectRaw(origin)
    await alone.request({ path: '/' })
    await alone.answer()
    expect(await alone.idle(1_500)).toBe('open')
    alone.destroy()
  })

  test('pipelined requests are answered in order', async () => {
    const { origin } = await startLimited()
    const connection = await connectRaw(origin)
    await connection.send(
      `${request}Content-Length: 2\r\n\r\n{}GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    )
    const bodies = []
    for (let i = 0; i < 3; i++) bodies.push((await connection.answer()).body.toString())
    expect(bodies).toEqual(['{"ok":1}', 'Ollama is running', '404 page not found'])
    connection.destroy()
  })
})
