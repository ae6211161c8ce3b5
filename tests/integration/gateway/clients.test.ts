import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { connectRaw, rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'
import { answerJson, beginStream, type Turn } from './scripted-upstream.ts'
import { startBench, startEngine } from './setup.ts'

const request = { path: '/api/generate', body: '{"model":"pocket"}' }

/** Sockets of both hops hold some megabytes on loopback; the program itself must hold next to nothing. */
const inFlightBytesMax = 32 * 1024 * 1024
const answerBytes = 192 * 1024 * 1024

describe('a client that reads slowly', () => {
  test('makes the engine wait: only a bounded part of the answer is on its way', async () => {
    let writtenBytes = 0
    const chunk = randomBytes(64 * 1024)
    const engine = await startEngine(async ({ response }) => {
      response.writeHead(200, { 'Content-Length': answerBytes })
      for (; writtenBytes < answerBytes; writtenBytes += chunk.length) {
        if (!response.write(chunk)) await once(response, 'drain')
      }
      response.end()
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }])
    const connection = await connectRaw(origin)
    await connection.request(request)
    const head = await connection.head()
    const heldBytes = process.memoryUsage().rss
    let lastBytes = -1
    let sinceMs = 0
    await until('the engine to stand still', () => {
      if (writtenBytes !== lastBytes) sinceMs = performance.now()
      lastBytes = writtenBytes
      return performance.now() - sinceMs > 500
    })
    expect(lastBytes).toBeLessThan(inFlightBytesMax)
    expect(process.memoryUsage().rss - heldBytes).toBeLessThan(2 * inFlightBytesMax)
    let readBytes = 0
    for await (const piece of connection.pieces(head)) {
      expect(piece.bytes.equals(expectedAt(chunk, readBytes, piece.bytes.length))).toBe(true)
      readBytes += piece.bytes.length
    }
    expect(readBytes).toBe(answerBytes)
    connection.destroy()
  })

  test('and takes nothing for too long is cut off, and its engine freed', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 0x20)
    const turn = Promise.withResolvers<Turn>()
    const engine = await startEngine(async (current) => {
      turn.resolve(current)
      const { response } = current
      response.writeHead(200, { 'Content-Type': 'application/json' })
      while (!response.destroyed) if (!response.write(chunk)) await drained(response)
    })
    const { origin } = await startBench([{ id: 'local', url: engine.url }], {
      limits: { stalledReaderMs: 200 },
    })
    const connection = await connectRaw(origin)
    await connection.request(request)
    await connection.head()
    await within(
      'the engine to be freed',
      turn.promise.then(({ closed }) => closed),
    )
    connection.destroy()
  })
})

describe('a client that leaves', () => {
  test.each([
    ['in the middle of a stream', true],
    ['before the first byte', false],
  ])('%s: the connection to the engine is closed at once', async (_, isStreaming) => {
    const turn = Promise.withResolvers<Turn>()
    const engine = await startEngine((current) => {
      if (isStreaming) beginStream(current.response, { n: 1 })
      turn.resolve(current)
    })
    const bench = await startBench([{ id: 'local', url: engine.url }])
    const connection = await connectRaw(bench.origin)
    await connection.request(request)
    const { closed } = await turn.promise
    if (isStreaming) await connection.head()
    connection.destroy()
    await within('the upstream connection to close', closed, 2_000)
    expect(await until('the count', () => bench.engines.outcomes[0])).toEqual({
      engine: 'local',
      outcome: 'answered',
    })
    expect(bench.engines.list()[0]?.activeRequests).toBe(0)
    const finished = await until('log line', () => bench.logged('request.finished')[0])
    expect(finished).toMatchObject({ status: isStreaming ? 200 : 499, isWhole: false })
  })

  test('while an engine starts is forgotten', async () => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, '{}'))
    const bench = await startBench([{ id: 'local', url: engine.url, state: 'starting' }])
    const connection = await connectRaw(bench.origin)
    await connection.request(request)
    expect(await connection.idle(50)).toBe('open')
    connection.destroy()
    await until('log line', () => bench.logged('request.finished')[0])
    bench.engines.set('local', { state: 'running' })
    expect((await rawRequest(bench.origin, request)).status).toBe(200)
    expect(engine.received).toHaveLength(1)
  })

  test('in the middle of its body asks nothing of an engine', async () => {
    const engine = await startEngine(({ response }) => answerJson(response, 200, '{}'))
    const bench = await startBench([{ id: 'local', url: engine.url }])
    const connection = await connectRaw(bench.origin)
    await connection.send(
      'POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"model":',
    )
    connection.halfClose()
    await until('log line', () => bench.logged('request.finished')[0])
    expect(engine.received).toHaveLength(0)
    connection.destroy()
  })
})

function drained(response: Turn['response']): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve).once('close', resolve)
  })
}

/** The part of the endlessly repeated `chunk` that stands at `at`. */
function expectedAt(chunk: Buffer, at: number, length: number): Buffer {
  const from = at % chunk.length
  const copies = Math.ceil((from + length) / chunk.length)
  return Buffer.concat(Array.from({ length: copies }, () => chunk)).subarray(from, from + length)
}
