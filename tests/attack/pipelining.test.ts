/** Requests behind requests on one connection, of which one is odd: what fuzzing found, each by its name. */
import { expect, test } from 'vitest'
import { answerJson, type Turn } from '../integration/gateway/scripted-upstream.ts'
import { connectRaw, headerOf, type RawConnection } from '../support/raw-http.ts'
import { until } from '../support/until.ts'
import { type Ground, startGround } from './ground.ts'
import { probe } from './withstand.ts'

const post = 'POST /api/generate HTTP/1.1\r\nHost: localhost\r\n'
const body = '{"model":"a"}'
const good = `${post}Content-Length: ${body.length}\r\n\r\n${body}`

/** An engine that says nothing until it is released. */
async function startHeld(): Promise<Ground & { release(): Promise<void> }> {
  const held = Promise.withResolvers<void>()
  const script = async ({ response }: Turn) => {
    await held.promise
    answerJson(response, 200, '{"ok":1}')
  }
  const ground = await startGround({ script })
  const release = async () => {
    await until('the engine has one', () => ground.engine.received.length > 0)
    await probe(ground.origin) // what was sent is read by now
    held.resolve()
  }
  return { ...ground, release }
}

async function open({ origin }: Ground, bytes: string): Promise<RawConnection> {
  const connection = await connectRaw(origin)
  await connection.send(Buffer.from(bytes, 'latin1'))
  return connection
}

test.each([
  ['a chunk that is none', `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n`, 400],
  ['a request for a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 404],
])(
  'a request behind which %s stands is answered first, and by its own answer',
  async (_, bytes, status) => {
    const ground = await startHeld()
    const connection = await open(ground, good + bytes)
    await ground.release()
    const got = await connection.answer()
    expect([got.status, got.body.toString()]).toEqual([200, '{"ok":1}'])
    expect((await connection.answer()).status).toBe(status)
    expect(await connection.idle(3_000)).toBe('closed')
  },
)

test('"go on" is said between two answers and not inside of one', async () => {
  const ground = await startHeld()
  const asking = good.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n')
  const connection = await open(ground, good + asking)
  await ground.release()
  for (let i = 0; i < 2; i++) expect((await connection.answer()).body.toString()).toBe('{"ok":1}')
})

test('a client that waits to be told to go on behind another request is told, when its turn comes', async () => {
  const ground = await startHeld()
  const head = `${post}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`
  const connection = await open(ground, good + head)
  await ground.release()
  expect((await connection.answer()).status).toBe(200)
  expect(await connection.idle(3_000)).toBe('bytes')
  await connection.send(body)
  const got = await connection.answer()
  expect([got.interim, got.status]).toEqual([[100], 200])
})

test('a client that was not told to go on, and is answered, is told that the connection ends', async () => {
  const ground = await startGround()
  const bytes =
    'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'
  const connection = await open(ground, bytes)
  const got = await connection.answer()
  expect([got.status, headerOf(got, 'connection')]).toEqual([200, 'close'])
  expect(await connection.idle(3_000)).toBe('closed')
})

test.each([
  ['an answer that ends the connection', 'GET /a HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
  [
    'one that asks for another protocol',
    'GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
    404,
  ],
])('RFC 9112 §9.6: a request behind %s reaches no engine', async (_, bytes, status) => {
  const ground = await startGround()
  const connection = await open(ground, bytes + good)
  await connection.send(good) // in a segment of its own, too
  const got = await connection.answer()
  expect([got.status, headerOf(got, 'connection')]).toEqual([status, 'close'])
  expect(await connection.idle(3_000)).toBe('closed')
  expect((await (await open(ground, good)).answer()).status).toBe(200)
  expect(ground.engine.received).toHaveLength(1)
})

test('chunks in HTTP/1.0, which has none, are refused', async () => {
  const ground = await startGround()
  const bytes = `${post.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`
  expect((await (await open(ground, bytes)).answer()).status).toBe(400)
  expect(ground.engine.received).toHaveLength(0)
})

test('a coding that nobody knows is refused where no body is read, too', async () => {
  const ground = await startGround()
  const bytes = 'GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: c,hunked\r\n\r\n0\r\n\r\n'
  expect((await (await open(ground, bytes)).answer()).status).toBe(501)
})

test('an answer to HEAD has no body when the body of the request broke', async () => {
  const ground = await startGround()
  const path = `/api/blobs/sha256:${'a1'.repeat(32)}`
  const bytes = `HEAD ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n`
  const connection = await open(ground, bytes)
  await connection.answer('HEAD')
  expect(await connection.idle(3_000)).toBe('closed')
})

test('RFC 9110 §7.6.1: what any of several Connection lines names stays on its connection', async () => {
  const ground = await startGround()
  const lines = 'Connection: TE\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nX-End: 2\r\n'
  const connection = await open(ground, good.replace('Content-Length', `${lines}Content-Length`))
  expect((await connection.answer()).status).toBe(200)
  const names = ground.engine.received[0]?.rawHeaders.map((text) => text.toLowerCase())
  expect(names).toContain('x-end')
  expect(names).not.toContain('x-hop')
})

test('what stands behind a body that is too long reaches nobody, although it came with its end', async () => {
  const ground = await startGround({ limits: { clientBodyBytesMax: 100 * 1024 } })
  const long = `{"model":"a","x":"${'x'.repeat(120_000)}"}`
  const chunks = `${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`
  for (let i = 0; i < 5; i++) {
    ground.engine.forget()
    const odd = `${post}Transfer-Encoding: chunked\r\n\r\n${chunks}`
    const connection = await open(ground, good + odd + good)
    expect((await connection.answer()).status).toBe(200)
    expect((await connection.answer()).status).toBe(413)
    expect(await connection.idle(5_000)).toBe('closed')
    await probe(ground.origin)
    expect(ground.engine.received.map(({ path }) => path)).toEqual(['/api/generate'])
  }
})
