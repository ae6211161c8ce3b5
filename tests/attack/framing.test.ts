import { expect, test } from 'vitest'
import { connectRaw, headerOf } from '../support/raw-http.ts'
import { framingCases } from './framing-cases.ts'
import { attack, startGround } from './ground.ts'

test.each(framingCases)('$title: $status', async ({ bytes, status, after }) => {
  const ground = await startGround()
  const got = await attack(ground.origin, bytes)
  expect([got.status, got.after]).toEqual([status, after])
  if (status === 405) expect(headerOf(got, 'allow')).toBe('HEAD, GET')
  expect(ground.engine.received).toHaveLength(0)
  await ground.mustStand()
})

test('A-08: HTTP/1.0 gets a whole answer without chunks, then the end', async () => {
  const ground = await startGround()
  const body = '{"model":"a"}'
  const head = `POST /api/generate HTTP/1.0\r\nContent-Length: ${body.length}\r\n\r\n`
  const connection = await connectRaw(ground.origin)
  await connection.send(head + body)
  const got = await connection.answer()
  expect([got.status, got.framing, got.body.toString()]).toEqual([200, 'length', '{"ok":1}'])
  expect(await connection.idle(3_000)).toBe('closed')
  connection.socket.destroy()
  await ground.mustStand()
})

test('A-11: Upgrade is ignored', async () => {
  const ground = await startGround()
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
  const got = await attack(ground.origin, `GET / HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`)
  expect([got.status, got.body.toString()]).toEqual([200, 'Ollama is running'])
  await ground.mustStand()
})

test('A-12: 1,000 requests in one segment are answered in order', async () => {
  const ground = await startGround()
  const connection = await connectRaw(ground.origin)
  const one = (i: number) => `GET /${i % 2 ? '' : 'nope'} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  await connection.send(Array.from({ length: 1_000 }, (_, i) => one(i)).join(''))
  for (let i = 0; i < 1_000; i++) {
    expect((await connection.answer()).status).toBe(i % 2 ? 200 : 404)
  }
  connection.socket.destroy()
  await ground.mustStand()
})

test.each([
  ['behind a short chunked body', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 200],
  ['behind a length that is too short', 'Content-Length: 0\r\n\r\n', 200],
])(
  'A-13: a request %s is a request of its own, with checks of its own',
  async (_, rest, status) => {
    const ground = await startGround()
    const connection = await connectRaw(ground.origin)
    const smuggled = 'POST /api/chat HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}'
    await connection.send(`POST /api/generate HTTP/1.1\r\nHost: localhost\r\n${rest}${smuggled}`)
    expect((await connection.answer()).status).toBe(status)
    expect((await connection.answer()).status).toBe(403)
    connection.socket.destroy()
    expect(ground.engine.received.map(({ path }) => path)).toEqual(['/api/generate'])
    await ground.mustStand()
  },
)
