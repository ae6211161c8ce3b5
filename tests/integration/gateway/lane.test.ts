/** Connections that begin in the lane: what stays in it, what is handed to Node's server, and that nobody sees which. */
import { expect, test } from 'vitest'
import { connectRaw, headerOf, type RawConnection } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { answerJson, type Turn } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const asked = (n: number | string) => {
  const body = `{"model":"pocket","n":"${n}"}`
  return `POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}
const version = 'GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** An engine that answers with what it was asked, and a gateway before it. */
async function start(
  script: (turn: Turn) => void | Promise<void> = ({ request, response }) => {
    answerJson(response, 200, request.body.toString())
  },
  limits: object = {},
) {
  const engine = await startEngine(script)
  const bench = await startBench([{ id: 'local', url: engine.url }], { limits })
  const open = async (bytes: string): Promise<RawConnection> => {
    const connection = await connectRaw(bench.origin)
    await connection.send(Buffer.from(bytes, 'latin1'))
    return connection
  }
  return { ...bench, engine, open }
}

async function expectEcho(connection: RawConnection, n: number | string): Promise<void> {
  const answer = await connection.answer()
  expect([answer.status, answer.body.toString()]).toEqual([200, `{"model":"pocket","n":"${n}"}`])
}

test('questions in turn on one connection, then something else, then a question again', async () => {
  const { open } = await start()
  const connection = await open(asked(1))
  await expectEcho(connection, 1)
  for (const n of [2, 3]) {
    await connection.send(asked(n))
    await expectEcho(connection, n)
  }
  await connection.send(version)
  expect((await connection.answer()).body.toString()).toContain('version')
  await connection.send(asked(4))
  await expectEcho(connection, 4)
  connection.destroy()
})

test("a client that would rather speak HTTP/2, as Java's does, keeps its connection; the engine hears nothing of it", async () => {
  const { open, engine } = await start()
  const wish = 'Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\nUpgrade: h2c\r\n'
  const connection = await open(asked(1).replace('Content-Length', `${wish}Content-Length`))
  await expectEcho(connection, 1)
  await connection.send(asked(2))
  await expectEcho(connection, 2)
  connection.destroy()
  const names = engine.received[0]?.rawHeaders.map((text) => text.toLowerCase())
  expect(names).toContain('content-length')
  expect(names).not.toContain('upgrade')
  expect(names).not.toContain('http2-settings')
})

test('questions behind each other, and one of another kind among them, are answered once each and in order', async () => {
  const { open, engine } = await start()
  for (const cut of [0, 1, 40, 120, 200, 260]) {
    engine.forget()
    const bytes = asked('a') + asked('b') + version + asked('c') + asked('d')
    const connection = await open(bytes.slice(0, cut))
    await connection.send(bytes.slice(cut))
    await expectEcho(connection, 'a')
    await expectEcho(connection, 'b')
    expect((await connection.answer()).body.toString()).toContain('version')
    await expectEcho(connection, 'c')
    await expectEcho(connection, 'd')
    expect(engine.received).toHaveLength(4)
    connection.destroy()
  }
})

test('a question that comes byte by byte, for longer than the lane waits, is read and answered once', async () => {
  const { open, engine } = await start()
  const text = asked('slow')
  const connection = await open('')
  for (const byte of text) {
    expect(await connection.idle(8)).toBe('open')
    await connection.send(byte)
  }
  await expectEcho(connection, 'slow')
  expect(engine.received).toHaveLength(1)
  connection.destroy()
})

test.each([
  ['in its head', asked(1).slice(0, 30), 400],
  ['in its body', asked(1).slice(0, -3), 400],
])('a client that ends its side %s is answered as without the lane', async (_, bytes, status) => {
  const { open, engine, logged } = await start()
  const connection = await open(bytes)
  connection.halfClose()
  expect((await connection.answer()).status).toBe(status)
  expect(await connection.idle(5_000)).toBe('closed')
  await until(
    'it is told',
    () => logged('request.finished').length + logged('request.refused').length,
  )
  expect(engine.received).toHaveLength(0)
})

test.each([
  ['is reset', (connection: RawConnection) => connection.destroy()],
  ['ends its side', (connection: RawConnection) => connection.halfClose()],
])('a client that %s while an engine works ends that work', async (_, leave) => {
  const turns: Turn[] = []
  const { open, logged } = await start((turn) => void turns.push(turn))
  const connection = await open(asked(1))
  const turn = await until('it is asked', () => turns[0])
  leave(connection)
  await turn.closed
  const [line] = await until('it is told', () => {
    const lines = logged('request.finished')
    return lines.length > 0 && lines
  })
  expect(line).toMatchObject({ status: 499, isWhole: false })
})

test('what a client sends behind its question does not hide that it left', async () => {
  const turns: Turn[] = []
  const { open } = await start((turn) => void turns.push(turn))
  const connection = await open(asked(1) + asked(2) + version)
  const turn = await until('it is asked', () => turns[0])
  await connection.send(asked(3))
  connection.destroy()
  await turn.closed
})

test('what is sent behind a question while it is answered waits, however much it is', async () => {
  const turns: Turn[] = []
  const { open } = await start((turn) => void turns.push(turn))
  const connection = await open(asked(1))
  const turn = await until('it is asked', () => turns[0])
  const count = 2_000
  void connection.send(
    version.replace('\r\n\r\n', `\r\nx: ${'x'.repeat(8_000)}\r\n\r\n`).repeat(count),
  )
  await until('it waits', () => connection.socket.writableLength > 0)
  answerJson(turn.response, 200, '{"a":1}')
  for (let i = 0; i <= count; i++) expect((await connection.answer()).status).toBe(200)
  connection.destroy()
})

test('a connection on which nothing is asked any more ends after its time', async () => {
  const { open } = await start(undefined, { keepAliveIdleMs: 100, headersMs: 100 })
  const connection = await open(asked(1))
  await expectEcho(connection, 1)
  expect(await connection.idle(10_000)).toBe('closed')
})

test('a connection on which nothing is ever asked is counted as silent', async () => {
  const { open, logged } = await start(undefined, { headersMs: 100, dropReportMs: 100 })
  const connection = await open('')
  expect(await connection.idle(10_000)).toBe('closed')
  await until(
    'it is told',
    () => logged('connection.dropped').length > 0 || logged('connections.dropped').length > 0,
  )
})

test('an answer says nothing of the connection, or that it ends, as the other server', async () => {
  const { open } = await start()
  const connection = await open(asked(1))
  const answer = await connection.answer()
  expect([headerOf(answer, 'connection'), headerOf(answer, 'keep-alive')]).toEqual([
    undefined,
    undefined,
  ])
  expect(headerOf(answer, 'date')).toMatch(/ GMT$/)
  connection.destroy()
})

test('a gateway that stops lets questions of the lane finish and ends what is idle or half there', async () => {
  const turns: Turn[] = []
  const { open, gateway } = await start((turn) => void turns.push(turn))
  const idle = await open(asked(1))
  answerJson((await until('it is asked', () => turns[0])).response, 200, '{"a":2}')
  await idle.answer()
  const busy = await open(asked(2))
  const turn = await until('it is asked', () => turns[1])
  const half = await open(asked(3).slice(0, 50))
  const stopped = gateway.stop(60_000)
  expect(await idle.idle(5_000)).toBe('closed')
  await half.send(asked(3).slice(50))
  const refused = await half.answer()
  expect([0, 503]).toContain(refused.status)
  answerJson(turn.response, 200, '{"a":1}')
  expect((await busy.answer()).body.toString()).toBe('{"a":1}')
  expect(await busy.idle(5_000)).toBe('closed')
  await stopped
})
