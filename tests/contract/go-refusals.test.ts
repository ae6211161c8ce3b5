/** What is no request, or none that can be served, is refused as Go's server refuses it: the same first line, no date, no length. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../integration/engine/test-engine.ts'
import { startBench } from '../integration/gateway/setup.ts'
import { connectRaw } from '../support/raw-http.ts'
import { within } from '../support/until.ts'

/** Recorded from a real Ollama 0.24; the text of the answer says the same once more. */
interface Refused {
  readonly what: string
  readonly request: string
  readonly line: string
  /** The line, where there is none. */
  readonly text?: string
}

const refused: readonly Refused[] = [
  {
    what: 'two hosts',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    line: '400 Bad Request',
  },
  {
    what: 'a host that is none',
    request: 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
    line: '400 Bad Request: malformed Host header',
  },
  { what: 'no version', request: 'GET /\r\n\r\n', line: '400 Bad Request' },
  {
    what: 'another version',
    request: 'GET / HTTP/2.0\r\nHost: localhost\r\n\r\n',
    line: '505 HTTP Version Not Supported: unsupported protocol version',
  },
  {
    what: 'a blank before the colon',
    request: 'GET / HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n',
    line: '400 Bad Request: invalid header name',
  },
  {
    what: 'a coding that is none, whose body is not read',
    request: 'POST /api/show HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n{}',
    line: '501 Not Implemented',
    text: 'Unsupported transfer encoding',
  },
  {
    what: 'half an escape',
    request: 'GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n',
    line: '400 Bad Request',
  },
]

let engine: TestEngine
beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

const subjects = {
  'the embedded engine': async () => engine.url,
  'the gateway': async () => (await startBench([{ id: 'embedded', url: engine.url }])).origin,
} as const

describe.each(Object.entries(subjects))('%s', (_, start) => {
  test.each(refused)('$what', async ({ request, line, text = line }) => {
    const connection = await connectRaw(await start())
    await connection.send(request)
    const { status, reason, headers, body } = await connection.answer()
    connection.destroy()
    expect([`${status} ${reason}`, body.toString()]).toEqual([line, text])
    const names = headers
      .map(([name]) => name.toLowerCase())
      .filter((name) => !name.startsWith('x-od-'))
    expect(names.toSorted()).toEqual(['connection', 'content-type'])
  })

  test('a client that was told to go on is told no more of its connection than others', async () => {
    const connection = await connectRaw(await start())
    const body = '{"model":"none"}'
    const head = `POST /api/show HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n`
    await connection.send(`${head}Expect: 100-continue\r\n\r\n`)
    expect(await connection.idle(5_000)).toBe('bytes')
    await connection.send(body)
    const { interim, status, headers } = await connection.answer()
    connection.destroy()
    expect([interim, status]).toEqual([[100], 404])
    const names = headers.map(([name]) => name.toLowerCase())
    expect(names).not.toContain('connection')
    expect(names).not.toContain('keep-alive')
  })

  test('a client that ends its half below the length that it announced is not told that the connection ends', async () => {
    const connection = await connectRaw(await start())
    await connection.send(
      'POST /api/show HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{',
    )
    connection.halfClose()
    const { status, headers } = await connection.answer()
    connection.destroy()
    expect(status).toBe(400)
    expect(headers.map(([name]) => name.toLowerCase())).not.toContain('connection')
  })

  test('a body that breaks off is refused by the route itself, with a date as all its answers', async () => {
    const connection = await connectRaw(await start())
    const head = 'POST /api/show HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    await connection.send(`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`)
    const { status, headers } = await connection.answer()
    connection.destroy()
    expect(status).toBe(400)
    expect(headers.map(([name]) => name.toLowerCase())).toContain('date')
  })
})

test('the gateway: a refusal that leaves a body unread is over at once, though what still comes is waited for', async () => {
  const engines = [{ id: 'embedded', url: engine.url }]
  const { origin } = await startBench(engines, { limits: { lingerMs: 60_000 } })
  const connection = await connectRaw(origin)
  await connection.send(
    'POST /api/show HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n{}',
  )
  const { status, framing } = await within('its end', connection.answer())
  connection.destroy()
  expect([status, framing]).toEqual([501, 'eof'])
})
