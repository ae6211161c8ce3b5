/** The lane and Node's parser read the same of the same bytes, and what the lane writes is what Node's server writes. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import type { ClientResponse } from '../../../src/gateway/client.ts'
import { openLane } from '../../../src/gateway/lane/index.ts'
import { type ReadingBounds, readRequest } from '../../../src/gateway/lane/read-request.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { connectRaw, type RawConnection } from '../../support/raw-http.ts'

const bounds: ReadingBounds = {
  headerBytesMax: 16 * 1024,
  headerFieldsMax: 128,
  bodyBytesMax: 4_096,
  targets: new Set(['/api/chat']),
}

interface Read {
  readonly target: string | undefined
  readonly rawHeaders: readonly string[]
  readonly headers: object
  readonly body: string
}

/** What Node's server reads of whatever it is sent, and an answer to each. */
async function startNode() {
  const reads: Read[] = []
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const { url, rawHeaders, headers } = request
      const body = Buffer.concat(chunks).toString('latin1')
      reads.push({ target: url, rawHeaders, headers: { ...headers }, body })
      response.end('ok')
    })
  })
  return { origin: await listen(server), reads }
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const place = server.address()
  if (place === null || typeof place === 'string') throw new Error('no port')
  return `http://127.0.0.1:${place.port}`
}

const common =
  'Accept X-A content-type COOKIE Authorization x-b Origin Via Range a~b Upgrade HTTP2-Settings'
const odd = 'connection Keep-Alive TE Set-Cookie Host Content-Length __proto__'
const name = fc.constantFrom(...`${common} ${odd}`.split(' '))
const value = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.constantFrom(
    'keep-alive',
    'Upgrade, HTTP2-Settings',
    'close',
    '5',
    'a, b',
    ' x',
    'x ',
    '\t',
    '\xe4',
    'a\0',
    'a\r',
    '"q"',
  ),
)
const blank = fc.constantFrom(': ', ':', ':  ', ' : ', ':\t')
const end = fc.oneof(
  { weight: 30, arbitrary: fc.constant('\r\n') },
  fc.constantFrom('\n', '\r', '\r\n ', ''),
)
const field = fc
  .tuple(name, fc.oneof({ weight: 8, arbitrary: fc.constant(': ') }, blank), value, end)
  .map((parts) => parts.join(''))
const oddStarts = [
  'POST /api/chat HTTP/1.0\r\n',
  'POST /api/chat  HTTP/1.1\r\n',
  'POST /api/chat HTTP/1.1\n',
  '\r\nPOST /api/chat HTTP/1.1\r\n',
  'GET /api/chat HTTP/1.1\r\n',
  'POST /api/chat HTTP/1.12\r\n',
]
const start = fc.oneof(
  { weight: 20, arbitrary: fc.constant('POST /api/chat HTTP/1.1\r\n') },
  fc.constantFrom(...oddStarts),
)
const head = fc
  .tuple(start, fc.array(field, { maxLength: 6 }), fc.nat(40), fc.string({ maxLength: 60 }))
  .map(([first, fields, length, rest]) => {
    const framing = `Host: a\r\nContent-Length: ${length}\r\n\r\n`
    return `${first}${fields.join('')}${framing}${rest.padEnd(length)}`
  })

test('whatever the lane reads, Node reads the same of it (2,000 heads)', async () => {
  const { origin, reads } = await startNode()
  let connection: RawConnection | undefined
  let count = 0
  onTestFinished(() => connection?.destroy())
  const property = fc.asyncProperty(head, async (text) => {
    const read = readRequest(Buffer.from(text, 'latin1'), bounds)
    if (typeof read === 'string') return
    count++
    connection ??= await connectRaw(origin)
    await connection.send(Buffer.from(text.slice(0, read.sizeBytes), 'latin1'))
    expect((await connection.answer()).body.toString()).toBe('ok')
    const { target, rawHeaders, headers, body } = read
    const own = { target, rawHeaders, headers: { ...headers }, body: body.toString('latin1') }
    expect(reads.splice(0)).toEqual([own])
  })
  await fc.assert(property, { seed: 7, numRuns: 2_000 })
  expect(count).toBeGreaterThan(300)
})

/** What is done with an answer; both kinds can do it. */
interface Deeds {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly isConnectionUntold: boolean
  readonly isLast: boolean
  readonly mayChunk: boolean
  readonly isFlushed: boolean
  readonly writes: readonly string[]
  readonly last: string | undefined
}

function answer(response: ClientResponse | ServerResponse, deeds: Deeds): void {
  if (deeds.isLast) response.shouldKeepAlive = false
  if (!deeds.mayChunk) response.useChunkedEncodingByDefault = false
  if (deeds.isConnectionUntold) response.removeHeader('connection')
  response.writeHead(deeds.status, deeds.headers.flat())
  if (deeds.isFlushed) response.flushHeaders()
  for (const text of deeds.writes) response.write(text)
  response.end(deeds.last)
}

const deeds: fc.Arbitrary<Deeds> = fc.record({
  status: fc.constantFrom(200, 204, 304, 400, 404, 413, 500, 299),
  headers: fc.array(
    fc.constantFrom(
      ...([
        ['Content-Type', 'text/plain'],
        ['x-od-node', 'a b'],
        ['Content-Length', '6'],
      ] as const),
      ...([
        ['Connection', 'keep-alive'],
        ['Cache-Control', 'no-cache'],
      ] as const),
    ),
    { maxLength: 3 },
  ),
  isConnectionUntold: fc.boolean(),
  isLast: fc.boolean(),
  mayChunk: fc.boolean(),
  isFlushed: fc.boolean(),
  writes: fc.array(fc.constantFrom('abc', 'ä€', '', 'x'.repeat(20)), { maxLength: 3 }),
  last: fc.constantFrom('abcdef', '', undefined),
})

/** Servers that answer one request as told; in one of them Node's server is never reached. */
async function startBoth() {
  let next: Deeds | undefined
  const take = (_: unknown, response: ClientResponse | ServerResponse) => {
    if (next !== undefined) answer(response, next)
  }
  const node = createServer((request: IncomingMessage, response) => {
    request.resume().on('end', () => take(request, response))
  })
  const refuse = createServer((_, response) => response.end('Node was asked'))
  const lane = openLane({ server: refuse, bounds, clock: systemClock, lookMs: 500, take })
  onTestFinished(() => lane.destroy())
  return {
    origins: [await listen(node), await listen(refuse)],
    tell: (told: Deeds) => (next = told),
  }
}

/** Every byte of an answer; the time of day left out. */
async function bytesOf(origin: string): Promise<string> {
  const connection = await connectRaw(origin)
  const { socket } = connection
  const text = readAll(socket)
  await connection.send('POST /api/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}')
  socket.end()
  return (await text).replace(/\r\nDate: [^\r]+/, '')
}

function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (part) => {
    text += part
  })
  return new Promise((resolve) => socket.once('close', () => resolve(text)))
}

test('an answer of the lane is that of Node, byte by byte (300 ways to answer)', async () => {
  const { origins, tell } = await startBoth()
  const property = fc.asyncProperty(deeds, async (one) => {
    const lengths = one.headers.filter(([key]) => key === 'Content-Length').length
    const sent = one.writes.join('') + (one.last ?? '')
    fc.pre(one.isConnectionUntold || one.isLast) // the edge says nothing of a connection that goes on
    fc.pre(lengths === 0 || (lengths === 1 && Buffer.byteLength(sent) === 6))
    tell(one)
    const [ofNode, ofLane] = await Promise.all(origins.map(bytesOf))
    expect(ofLane).toBe(ofNode)
  })
  await fc.assert(property, { seed: 11, numRuns: 300 })
})
