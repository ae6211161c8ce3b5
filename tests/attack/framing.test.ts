import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { connectRaw, headerOf } from '../support/raw-http.ts'
import { until } from '../support/until.ts'
import { framingCases } from './framing-cases.ts'
import { attack, startGround as startAnyGround } from './ground.ts'
import { linesOf, withstand } from './withstand.ts'

/** Nobody is slow here but a machine that is busy: 4 MB may take longer than the short times of the others allow. */
const startGround = () => startAnyGround({ limits: { headersMs: 10_000, lingerMs: 1_000 } })

test.each(framingCases)('$title: $status', async ({ bytes, status, after }) => {
  const ground = await startGround()
  await withstand(ground, async () => {
    const got = await attack(ground.origin, bytes)
    expect([got.status, got.after]).toEqual([status, after])
    if (status === 405) expect(headerOf(got, 'allow')).toBe('HEAD, GET')
    expect(ground.engine.received).toHaveLength(0)
  })
  expect(linesOf(ground)[0]).toMatchObject({ status })
})

test('A-08: HTTP/1.0 gets a whole answer without chunks, then the end', async () => {
  const ground = await startGround()
  const body = '{"model":"a"}'
  const head = `POST /api/generate HTTP/1.0\r\nContent-Length: ${body.length}\r\n\r\n`
  await withstand(ground, async () => {
    const connection = await connectRaw(ground.origin)
    await connection.send(head + body)
    const got = await connection.answer()
    expect([got.status, got.framing, got.body.toString()]).toEqual([200, 'length', '{"ok":1}'])
    expect(await connection.idle(3_000)).toBe('closed')
    connection.socket.destroy()
  })
})

test.each(['resets', 'never ends its half'])(
  'A-10: a client that %s after CONNECT is let go of',
  async (what) => {
    const ground = await startGround()
    const { hostname: host, port } = new URL(ground.origin)
    await withstand(ground, async () => {
      const socket = connect({ host, port: Number(port), allowHalfOpen: true })
      socket.on('error', () => {})
      const gone = new Promise((resolve) => socket.once('close', resolve))
      socket.write('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')
      await new Promise((resolve) => socket.once('data', resolve))
      if (what === 'resets') socket.resetAndDestroy()
      await until('our bytes meet a closed door', () => {
        if (!socket.destroyed) socket.write('x')
        return socket.destroyed
      })
      await gone
    })
  },
)

test('A-11: Upgrade is ignored', async () => {
  const ground = await startGround()
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
  await withstand(ground, async () => {
    const got = await attack(ground.origin, `GET / HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`)
    expect([got.status, got.body.toString()]).toEqual([200, 'Ollama is running'])
  })
})

test('A-12: 1,000 requests in one segment are answered in order', async () => {
  const ground = await startGround()
  const one = (i: number) => `GET /${i % 2 ? '' : 'nope'} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  const segment = Array.from({ length: 1_000 }, (_, i) => one(i)).join('')
  await withstand(
    ground,
    async () => {
      const connection = await connectRaw(ground.origin)
      await connection.send(segment)
      for (let i = 0; i < 1_000; i++) {
        expect((await connection.answer()).status).toBe(i % 2 ? 200 : 404)
      }
      connection.socket.destroy()
    },
    { lines: 1_000, times: 5 },
  )
})

test.each([
  ['a short chunked body', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a length that is too short', 'Content-Length: 0\r\n\r\n'],
])('A-13: a request behind %s is a request of its own, with checks of its own', async (_, rest) => {
  const ground = await startGround()
  const smuggled = 'POST /api/chat HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}'
  await withstand(
    ground,
    async () => {
      const connection = await connectRaw(ground.origin)
      await connection.send(`POST /api/generate HTTP/1.1\r\nHost: localhost\r\n${rest}${smuggled}`)
      expect((await connection.answer()).status).toBe(200)
      expect((await connection.answer()).status).toBe(403)
      connection.socket.destroy()
      expect(ground.engine.received.map(({ path }) => path)).toEqual(['/api/generate'])
    },
    { lines: 2 },
  )
})

test('A-13: noise behind a request does not take its answer away, and gets one of its own', async () => {
  const ground = await startGround()
  await withstand(
    ground,
    async () => {
      const connection = await connectRaw(ground.origin)
      await connection.request({ path: '/api/generate', body: '{"model":"a"}' })
      await connection.send('\0\0\0\0')
      expect((await connection.answer()).status).toBe(200)
      expect((await connection.answer()).status).toBe(400)
      expect(await connection.idle(3_000)).toBe('closed')
      connection.socket.destroy()
    },
    { lines: 2 },
  )
})

test('all of these at once, twenty times over: nothing of them is kept', async () => {
  const ground = await startGround()
  const expected = framingCases.map(({ title, status }) => [title, status])
  const all = async () => {
    const attacks = framingCases.map(async ({ title, bytes }) => {
      return [title, (await attack(ground.origin, bytes)).status]
    })
    expect(await Promise.all(attacks)).toEqual(expected)
  }
  await withstand(ground, all, { lines: framingCases.length, times: 20 })
})
