import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { connectRaw, headerOf, type RawConnection, rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'
import { type Arrival, digestOf, startReceiver, takeIn } from './receiving-engine.ts'
import { deadUrl } from './scripted-upstream.ts'
import { startBench } from './setup.ts'

const mebibyte = 1024 * 1024
const some = `sha256:${'a'.repeat(64)}`
const pathOf = (digest: string) => `/api/blobs/${digest}`
const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

type Limits = NonNullable<Parameters<typeof startBench>[1]>['limits']

async function startOne(script: (arrival: Arrival) => void | Promise<void>, limits: Limits = {}) {
  const engine = await startReceiver(script)
  const bench = await startBench([{ id: 'local', url: engine.url }], { limits })
  return { ...bench, engine }
}

/** A connection on which the head of an upload went out. */
async function openUpload(origin: string, ...headers: string[]): Promise<RawConnection> {
  const connection = await connectRaw(origin)
  const head = [`POST ${pathOf(some)} HTTP/1.1`, 'Host: localhost', ...headers]
  await connection.send(`${head.join('\r\n')}\r\n\r\n`)
  return connection
}

const errorOf = (body: Buffer) => JSON.parse(body.toString()).error

describe('a file on its way to an engine', () => {
  test.each([undefined, 100_000])(
    'S-049 (part: gateway): arrives as it was sent, with chunks of %s bytes',
    async (chunkBytes) => {
      let got: Awaited<ReturnType<typeof digestOf>> | undefined
      const { origin, engine } = await startOne(async (arrival) => {
        got = await digestOf(arrival.request)
        arrival.response.writeHead(201, { 'Content-Length': 0 }).end()
      })
      const body = Buffer.alloc(3 * mebibyte, 'all kinds of bytes \0\xff')
      const path = `${pathOf(sha256(body))}?a=%20b`
      const framing = chunkBytes === undefined ? {} : { chunkBytes }
      const answer = await rawRequest(origin, { path, body, ...framing })
      expect([answer.status, answer.body.length]).toEqual([201, 0])
      expect(headerOf(answer, 'x-od-engine')).toBe('local')
      expect(got).toEqual({ digest: sha256(body), bytes: body.length })
      const { url, headers } = engine.arrivals[0]?.request ?? {}
      expect(url).toBe(path)
      expect(headers?.['content-length']).toBe(chunkBytes ? undefined : `${body.length}`)
      expect(headers?.['transfer-encoding']).toBe(chunkBytes ? 'chunked' : undefined)
    },
  )

  test('without a byte, or without a word on its length, is a file all the same', async () => {
    const { origin, engine } = await startOne(takeIn)
    for (const headers of [[['Content-Length', '0']], []] as const) {
      const answer = await rawRequest(origin, { method: 'POST', path: pathOf(some), headers })
      expect(answer.status).toBe(201)
    }
    expect(engine.arrivals).toHaveLength(2)
  })

  test('beyond the limits of a body in size and time goes through', async () => {
    const limits = { clientBodyBytesMax: 1_000, bodyMs: 200, headersMs: 200, bodyRateAfterMs: 50 }
    const { origin } = await startOne(takeIn, limits)
    const connection = await openUpload(origin, 'Content-Length: 2000')
    await connection.send(Buffer.alloc(1_000))
    expect(await connection.idle(900)).toBe('open')
    await connection.send(Buffer.alloc(1_000))
    expect((await connection.answer()).status).toBe(201)
    connection.destroy()
  })

  test('waits for an engine that is slow to take it, and little of it is held meanwhile', async () => {
    const arrived = Promise.withResolvers<Arrival>()
    const { origin } = await startOne(arrived.resolve, { uploadIdleMs: 500, uploadRateMs: 500 })
    const total = 64 * mebibyte
    const connection = await openUpload(origin, `Content-Length: ${total}`)
    const piece = Buffer.alloc(mebibyte, 7)
    let sent = 0
    const sending = (async () => {
      for (; sent < total; sent += piece.length) await connection.send(piece)
    })()
    const { request, response } = await arrived.promise
    let [seen, looks] = [-1, 0]
    await until('the client is held up', () => {
      looks = sent === seen ? looks + 1 : 0
      seen = sent
      return looks >= 100
    })
    expect(sent).toBeLessThan(total / 2) // what the sockets of the system hold, and some chunks
    const got = digestOf(request)
    await sending
    expect((await got).bytes).toBe(total)
    response.writeHead(201, { 'Content-Length': 0 }).end()
    expect((await connection.answer()).status).toBe(201)
    connection.destroy()
  })

  test('of a client that asks first is asked for when an engine is there, and not when refused', async () => {
    const { origin, engine } = await startOne(takeIn)
    const expects = ['Expect: 100-continue', 'Content-Length: 2']
    const connection = await openUpload(origin, ...expects)
    expect(await connection.idle(10_000)).toBe('bytes')
    expect(engine.arrivals).toHaveLength(0)
    await connection.send('{}')
    const taken = await connection.answer()
    expect([taken.status, taken.interim]).toEqual([201, [100]])
    connection.destroy()
    const path = pathOf('sha256:short')
    const headers = [['Expect', '100-continue']] as const
    const refused = await rawRequest(origin, { path, headers, body: 'x' })
    expect([refused.status, refused.interim]).toEqual([400, []])
  })
})

describe('an upload that breaks', () => {
  test.each([
    ['announced', 'Content-Length: 1000', 'x'.repeat(400)],
    ['in chunks', 'Transfer-Encoding: chunked', `190\r\n${'x'.repeat(400)}\r\n`],
  ])('A-113 (part: gateway): %s, reaches the engine as broken', async (_, framing, bytes) => {
    const { origin, engine, logged, engines } = await startOne(takeIn)
    const connection = await openUpload(origin, framing)
    await connection.send(bytes)
    const arrival = await until('the engine has the head', () => engine.arrivals[0])
    connection.destroy()
    await within('the upstream connection to close', arrival.closed)
    expect([arrival.request.complete, arrival.request.destroyed]).toEqual([false, true])
    const finished = await until('its line', () => logged('request.finished')[0])
    expect(finished).toMatchObject({ status: 499, isWhole: false })
    expect(engines.outcomes).toEqual([{ engine: 'local', outcome: 'answered' }])
  })

  test('because a chunk is none is refused, and broken at the engine', async () => {
    const { origin, engine } = await startOne(takeIn, { lingerMs: 100 })
    const connection = await openUpload(origin, 'Transfer-Encoding: chunked')
    await connection.send('4\r\nfile\r\n')
    const arrival = await until('the engine has the head', () => engine.arrivals[0])
    await connection.send('none\r\n')
    expect((await connection.answer()).status).toBe(400)
    await within('the upstream connection to close', arrival.closed)
    expect(arrival.request.complete).toBe(false)
    connection.destroy()
  })

  test('because its client closes its half is broken too', async () => {
    const { origin, engine } = await startOne(takeIn)
    const connection = await openUpload(origin, 'Content-Length: 1000')
    await connection.send('half')
    const arrival = await until('the engine has the head', () => engine.arrivals[0])
    connection.halfClose()
    await within('the upstream connection to close', arrival.closed)
    expect(arrival.request.complete).toBe(false)
    connection.destroy()
  })

  test('because its client left while the engine thinks is cut at once', async () => {
    const arrived = Promise.withResolvers<Arrival>()
    const { origin } = await startOne(async (arrival) => {
      await digestOf(arrival.request)
      arrived.resolve(arrival)
    })
    const connection = await openUpload(origin, 'Content-Length: 4')
    await connection.send('file')
    const { closed } = await arrived.promise
    connection.destroy()
    await within('the upstream connection to close', closed)
  })

  test.each([
    ['silent', { uploadIdleMs: 100 }],
    ['too slow', { uploadRateMs: 100, uploadBytesPerSecondMin: 1_000_000, uploadIdleMs: 5_000 }],
  ])('because its client is %s gets 408, and is no failure of the engine', async (_, limits) => {
    const { origin, engine, engines } = await startOne(takeIn, limits)
    const connection = await openUpload(origin, 'Content-Length: 1000')
    await connection.send('a bit')
    const answer = await within('an answer', connection.answer())
    expect([answer.status, errorOf(answer.body)]).toEqual([
      408,
      'the request did not arrive in time',
    ])
    const [arrival] = engine.arrivals
    await within('the upstream connection to close', arrival?.closed ?? Promise.reject())
    expect(arrival?.request.complete).toBe(false)
    expect(engines.outcomes).toEqual([{ engine: 'local', outcome: 'answered' }])
    connection.destroy()
  })

  test('because the engine died is told, and no other engine gets the rest', async () => {
    const dying = await startReceiver(({ request }) => {
      request.once('data', () => request.socket.resetAndDestroy())
    })
    const other = await startReceiver(takeIn)
    const bench = await startBench([
      { id: 'dying', url: dying.url },
      { id: 'other', url: other.url },
    ])
    const answer = await rawRequest(bench.origin, { path: pathOf(some), body: 'x'.repeat(1_000) })
    expect([answer.status, errorOf(answer.body)]).toEqual([
      502,
      'the engine dying broke off after 1000 bytes of the file; they are not kept and cannot be sent to another engine',
    ])
    expect(other.arrivals).toHaveLength(0)
    expect(bench.engines.outcomes).toEqual([{ engine: 'dying', outcome: 'died' }])
  })
})

describe('an engine that does not want the file', () => {
  const refuse = ({ response }: Arrival) => {
    const body = '{"error":"not enough free disk space for the model"}'
    response.writeHead(507, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    response.end(body)
  }

  test('is heard before the file has come, and the rest is thrown away', async () => {
    const { origin, engine } = await startOne(refuse, { lingerMs: 1_000 })
    const body = Buffer.alloc(32 * mebibyte)
    const answer = await rawRequest(origin, { path: pathOf(some), body })
    expect([answer.status, errorOf(answer.body)]).toEqual([
      507,
      'not enough free disk space for the model',
    ])
    expect(headerOf(answer, 'connection')).toBe('close')
    await within('the upstream connection to close', engine.arrivals[0]?.closed ?? Promise.reject())
    expect(engine.arrivals[0]?.request.complete).toBe(false)
  })

  test('is heard by a client that has sent a part, and the connection goes on', async () => {
    const { origin } = await startOne(refuse)
    const connection = await openUpload(origin, 'Content-Length: 1000')
    await connection.send('x'.repeat(300))
    expect((await connection.answer()).status).toBe(507)
    await connection.send('x'.repeat(700))
    await connection.request({ path: '/' })
    expect((await connection.answer()).body.toString()).toBe('Ollama is running')
    connection.destroy()
  })

  test('a rest that never comes ends the connection', async () => {
    const { origin } = await startOne(refuse, { bodyMs: 300 })
    const connection = await openUpload(origin, 'Content-Length: 1000')
    await connection.send('x')
    expect((await connection.answer()).status).toBe(507)
    expect(await connection.idle(10_000)).toBe('closed')
    connection.destroy()
  })

  test('a rest that never ends is cut', async () => {
    const { origin } = await startOne(refuse, { bodyMs: 300, lingerMs: 10_000 })
    const connection = await openUpload(origin, 'Transfer-Encoding: chunked')
    await connection.send('1\r\nx\r\n')
    const answer = connection.answer()
    const closed = new Promise((resolve) => {
      connection.socket.once('close', resolve)
    })
    const trickle = setInterval(() => connection.socket.write('1\r\nx\r\n'), 20)
    expect((await answer).status).toBe(507)
    await within('the end', closed)
    clearInterval(trickle)
  })
})

describe('which engine', () => {
  test('the first that runs, time after time; one that refuses connections is passed over', async () => {
    const [first, second] = [await startReceiver(takeIn), await startReceiver(takeIn)]
    const bench = await startBench([
      { id: 'gone', url: await deadUrl() },
      { id: 'first', url: first.url },
      { id: 'second', url: second.url },
      { id: 'out', url: second.url, state: 'unhealthy' },
    ])
    for (let i = 0; i < 4; i++) {
      const body = Buffer.alloc(200_000, i)
      const answer = await rawRequest(bench.origin, { path: pathOf(sha256(body)), body })
      expect([answer.status, headerOf(answer, 'x-od-engine')]).toEqual([201, 'first'])
    }
    expect([first.arrivals.length, second.arrivals.length]).toEqual([4, 0])
  })

  test('none: 503, without the file', async () => {
    const bench = await startBench([{ id: 'gone', url: await deadUrl() }])
    const answer = await rawRequest(bench.origin, { path: pathOf(some), body: 'x' })
    expect([answer.status, errorOf(answer.body)]).toEqual([
      503,
      'no engine can take the request now (gone: unhealthy)',
    ])
  })

  test('HEAD finds a file wherever it is, and none where it is nowhere', async () => {
    const heads = (status: number) => (arrival: Arrival) =>
      void arrival.response.writeHead(status, { 'Content-Type': 'application/json' }).end()
    const without = await startReceiver(heads(404))
    const having = await startReceiver(heads(200))
    const both = await startBench([
      { id: 'without', url: without.url },
      { id: 'having', url: having.url },
    ])
    const head = (origin: string) => rawRequest(origin, { method: 'HEAD', path: pathOf(some) })
    const found = await head(both.origin)
    expect([found.status, headerOf(found, 'x-od-engine')]).toEqual([200, 'having'])
    const one = await startBench([
      { id: 'without', url: without.url },
      { id: 'gone', url: await deadUrl() },
    ])
    expect((await head(one.origin)).status).toBe(404)
    const silent = await startReceiver(() => {})
    const slow = await startBench(
      [
        { id: 'silent', url: silent.url },
        { id: 'having', url: having.url },
      ],
      { limits: { blobQuestionMs: 100 } },
    )
    expect((await head(slow.origin)).status).toBe(200)
  })
})
