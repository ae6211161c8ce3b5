import { expect, test } from 'vitest'
import { connectRaw, rawRequest } from '../support/raw-http.ts'
import { until } from '../support/until.ts'
import { refusedBodies, relayedBodies } from './body-cases.ts'
import { attack, errorText, startGround } from './ground.ts'
import { linesOf, withstand } from './withstand.ts'

const limits = { clientBodyBytesMax: 2 * 1024 * 1024 }
const head = 'POST /api/generate HTTP/1.1\r\nHost: localhost\r\n'

test.each(refusedBodies)('$title: 400, and no engine hears of it', async ({ body, error }) => {
  const ground = await startGround({ limits })
  await withstand(ground, async () => {
    const got = await rawRequest(ground.origin, { path: '/api/generate', body })
    expect([got.status, errorText(got)]).toEqual([400, error])
    expect(ground.engine.received).toHaveLength(0)
  })
})

test('A-26, A-27, A-34, A-35, and bodies at the bounds: every one goes to the engine as it came', async () => {
  const ground = await startGround({ limits })
  const sendAll = async () => {
    for (const { title, body } of relayedBodies) {
      const got = await rawRequest(ground.origin, { path: '/api/generate', body })
      expect([title, got.status]).toEqual([title, 200])
      expect(ground.engine.received.at(-1)?.body.toString() === body, title).toBe(true)
    }
    ground.engine.forget()
  }
  await withstand(ground, sendAll, { lines: relayedBodies.length, times: 3 })
})

test('A-28: a body announced too long is refused before it is sent', async () => {
  const ground = await startGround()
  await withstand(ground, async () => {
    const got = await attack(ground.origin, `${head}Content-Length: 100000000\r\n\r\n`)
    expect([got.status, got.after]).toEqual([413, 'closed'])
  })
})

test('A-29: a chunked body that grows too long is refused at the limit', async () => {
  const ground = await startGround({ limits: { clientBodyBytesMax: 10_000 } })
  const chunk = `1000\r\n${' '.repeat(4096)}\r\n`
  const bytes = `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(3)}`
  await withstand(ground, async () => {
    const got = await attack(ground.origin, bytes)
    expect([got.status, got.after]).toEqual([413, 'closed'])
    expect(ground.engine.received).toHaveLength(0)
  })
})

test.each([
  ['ends', { status: 400, cause: 'HPE_INVALID_EOF_STATE' }],
  ['resets', { status: 499, isWhole: false }],
])(
  'A-30: a body shorter than announced reaches nobody, and the client that %s is logged as gone',
  async (what, line) => {
    const ground = await startGround()
    await withstand(ground, async () => {
      const seen = linesOf(ground).length
      const connection = await connectRaw(ground.origin)
      await connection.send(`${head}Content-Length: 50\r\n\r\n{"model":"a"}`)
      if (what === 'resets') connection.destroy()
      else connection.socket.destroy()
      await until('it is logged', () => linesOf(ground).length > seen)
      expect(linesOf(ground).at(-1)).toMatchObject(line)
      expect(ground.engine.received).toHaveLength(0)
    })
  },
)

test.each([null, 'text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=x'])(
  'A-31: content type %s is taken as JSON, as Ollama takes it',
  async (type) => {
    const ground = await startGround()
    const headers = [['Content-Type', type]] as const
    const body = '{"model":"a"}'
    await withstand(ground, async () => {
      const got = await rawRequest(ground.origin, { path: '/api/generate', headers, body })
      expect([got.status, ground.engine.received.length]).toEqual([200, 1])
    })
  },
)
