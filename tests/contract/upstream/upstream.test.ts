/** What every way of asking an engine of this node must do: connections of our own, and undici's. */
import { createServer, type Server, type Socket } from 'node:net'
import { Pool } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EnginePool } from '../../../src/gateway/engine-http/engine-pool.ts'
import {
  callUpstream,
  type UpstreamCall,
  type UpstreamListener,
} from '../../../src/gateway/upstream.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { until } from '../../support/until.ts'

type Send = (path: string, listener: UpstreamListener) => UpstreamCall

interface Way {
  readonly name: string
  open(origin: string): { readonly send: Send; close(): unknown; destroy(): unknown }
}

const request = (path: string) => ({
  method: 'POST',
  path,
  headers: ['X-Own', 'a b'],
  body: Buffer.from('{"a":1}'),
})
const bounds = { connectMs: 2_000, idleMs: 60_000 }

const ways: readonly Way[] = [
  {
    name: 'connections of our own',
    open(origin) {
      const pool = new EnginePool(origin, bounds, systemClock)
      const send: Send = (path, listener) => pool.send(request(path), listener)
      return { send, close: () => pool.close(), destroy: () => pool.destroy() }
    },
  },
  {
    name: 'undici',
    open(origin) {
      const pool = new Pool(origin, {
        connectTimeout: bounds.connectMs,
        keepAliveTimeout: bounds.idleMs,
        headersTimeout: 0,
        bodyTimeout: 0,
        allowH2: false,
      })
      const send: Send = (path, listener) => callUpstream(pool, request(path), listener)
      return { send, close: () => void pool.close(), destroy: () => pool.destroy() }
    },
  },
]

/** All that came of one request. */
class Heard implements UpstreamListener {
  status = 0
  headers: string[] = []
  body = ''
  end_: 'end' | 'unreachable' | 'died' | undefined
  count = 0
  head(status: number, headers: string[]): void {
    this.status = status
    this.headers = headers
  }
  data(chunk: Buffer): void {
    this.body += chunk.toString('latin1')
  }
  end(): void {
    this.end_ = 'end'
    this.count++
  }
  fail(failure: 'unreachable' | 'died'): void {
    this.end_ = failure
    this.count++
  }
  async over(): Promise<this> {
    await until('it is over', () => this.end_ !== undefined)
    return this
  }
}

interface Engine {
  readonly origin: string
  readonly server: Server
  readonly sockets: readonly Socket[]
  /** What was sent, by connection. */
  readonly got: readonly string[]
}

/** Answers what `answer` says to whatever stands behind `POST `. */
async function startEngine(answer: (path: string, socket: Socket) => void): Promise<Engine> {
  const sockets: Socket[] = []
  const got: string[] = []
  const server = createServer((socket) => {
    const i = sockets.push(socket) - 1
    got.push('')
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      got[i] += bytes.toString('latin1')
      const path = /^POST (\S+) /.exec(bytes.toString('latin1'))?.[1]
      if (path !== undefined) answer(path, socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const place = server.address()
  if (place === null || typeof place === 'string') throw new Error('no port')
  return { origin: `http://127.0.0.1:${place.port}`, server, sockets, got }
}

const ok = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`

describe.each(ways)('$name', (way) => {
  const openTo = (origin: string) => {
    const pool = way.open(origin)
    onTestFinished(() => void pool.destroy())
    return pool
  }
  const ask = (send: Send, path: string) => {
    const heard = new Heard()
    const call = send(path, heard)
    return { heard, call }
  }

  test('the request is sent as it is, and the answer is heard as it is', async () => {
    const engine = await startEngine((_, socket) => socket.write(ok('xyz', 'X-Od: E\r\n')))
    const { send } = openTo(engine.origin)
    const heard = await ask(send, '/api/chat?q').heard.over()
    expect([heard.end_, heard.status, heard.body]).toEqual(['end', 200, 'xyz'])
    expect(heard.headers).toEqual(['X-Od', 'E', 'Content-Length', '3'])
    const host = new URL(engine.origin).host
    expect(engine.got[0]).toBe(
      `POST /api/chat?q HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\nX-Own: a b\r\ncontent-length: 7\r\n\r\n{"a":1}`,
    )
  })

  test('one connection does for requests in turn; beside each other each has its own', async () => {
    const engine = await startEngine((path, socket) => socket.write(ok(path)))
    const { send } = openTo(engine.origin)
    for (const path of ['/a', '/b', '/c'])
      expect((await ask(send, path).heard.over()).body).toBe(path)
    expect(engine.sockets).toHaveLength(1)
    const beside = ['/d', '/e', '/f'].map((path) => ask(send, path).heard)
    for (const heard of beside) await heard.over()
    expect(beside.map(({ body }) => body)).toEqual(['/d', '/e', '/f'])
    expect(engine.sockets).toHaveLength(3)
  })

  test('a connection that the engine ends is not used again', async () => {
    const engine = await startEngine((path, socket) => socket.write(ok(path)))
    const { send } = openTo(engine.origin)
    await ask(send, '/a').heard.over()
    engine.sockets[0]?.end()
    await until('it is gone', () => engine.sockets[0]?.closed)
    expect((await ask(send, '/b').heard.over()).body).toBe('/b')
  })

  test('an answer that ends the connection is whole', async () => {
    const engine = await startEngine((path, socket) => {
      if (path === '/close') socket.end(ok(path, 'Connection: close\r\n'))
      else socket.end(`HTTP/1.1 200 OK\r\n\r\n${path}`)
    })
    const { send } = openTo(engine.origin)
    for (const path of ['/close', '/unframed']) {
      const heard = await ask(send, path).heard.over()
      expect([heard.end_, heard.body]).toEqual(['end', path])
    }
  })

  test('nobody there: nothing was sent', async () => {
    const engine = await startEngine(() => {})
    await new Promise((resolve) => engine.server.close(resolve))
    const { send } = openTo(engine.origin)
    expect((await ask(send, '/a').heard.over()).end_).toBe('unreachable')
  })

  test.each([
    ['before its answer', (socket: Socket) => socket.resetAndDestroy()],
    ['by an end before its answer', (socket: Socket) => socket.end()],
    ['within its head', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nA: ')],
    ['within its body', (socket: Socket) => socket.end(ok('abc').slice(0, -1))],
    [
      'between two chunks',
      (socket: Socket) =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'),
    ],
    ['by words that are no HTTP', (socket: Socket) => socket.write('HELLO\r\n\r\n')],
  ])('an engine that breaks off %s died, and that is told once', async (_, cut) => {
    const engine = await startEngine((_path, socket) => void cut(socket))
    const { send } = openTo(engine.origin)
    const heard = await ask(send, '/a').heard.over()
    await until('it is closed', () => engine.sockets.every((socket) => socket.closed))
    expect([heard.end_, heard.count]).toEqual(['died', 1])
  })

  test('who gives up hears nothing more, and the engine sees it', async () => {
    const engine = await startEngine((_, socket) => socket.write(ok('abcdef').slice(0, -3)))
    const { send } = openTo(engine.origin)
    const { heard, call } = ask(send, '/a')
    await until('it has begun', () => heard.body === 'abc')
    call.abort()
    await until('it is closed', () => engine.sockets[0]?.closed)
    call.abort()
    expect([heard.end_, heard.count]).toEqual([undefined, 0])
    const early = ask(send, '/b')
    early.call.abort()
    await until('that one too', () => engine.sockets.every((socket) => socket.closed))
    expect(early.heard.count).toBe(0)
  })

  test.each(['head', 'data'] as const)(
    'who gives up at its %s hears nothing of what came with it in one read',
    async (moment) => {
      const engine = await startEngine((_, socket) => {
        socket.write(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n',
        )
      })
      const { send } = openTo(engine.origin)
      const heard = new Heard()
      const giveUp = () => call.abort()
      heard.head = () => {
        if (moment === 'head') giveUp()
      }
      heard.data = (chunk) => {
        heard.body += chunk.toString('latin1')
        giveUp()
      }
      const call = send('/a', heard)
      await until('it is closed', () => engine.sockets[0]?.closed)
      expect([heard.body, heard.count]).toEqual([moment === 'head' ? '' : 'a', 0])
      expect((await ask(send, '/b').heard.over()).body).toBe('ab')
    },
  )

  test('who is slow makes the engine wait, and the next request on the connection does not', async () => {
    const size = 32 * 1024 * 1024
    const engine = await startEngine((path, socket) => {
      socket.write(ok(path === '/long' ? 'x'.repeat(size) : path))
    })
    const { send } = openTo(engine.origin)
    const { heard, call } = ask(send, '/long')
    await until('it has begun', () => heard.body.length > 0)
    call.pause()
    await until('the engine waits', () => (engine.sockets[0]?.writableLength ?? 0) > 1024 * 1024)
    expect(heard.body.length).toBeLessThan(size)
    call.resume()
    expect((await heard.over()).body).toHaveLength(size)
    const short = ask(send, '/a')
    short.heard.data = () => {
      short.call.pause() // its last bytes come while it is paused
      setImmediate(() => short.call.resume())
    }
    await short.heard.over()
    expect((await ask(send, '/b').heard.over()).body).toBe('/b')
  })

  test('closed, it ends what is idle and lets answers go out', async () => {
    let release = () => {}
    const engine = await startEngine((path, socket) => {
      if (path === '/slow') release = () => void socket.write(ok(path))
      else socket.write(ok(path))
    })
    const pool = openTo(engine.origin)
    const { send } = pool
    const slow = ask(send, '/slow').heard
    await until('it is asked', () => engine.sockets.length === 1)
    await ask(send, '/a').heard.over()
    pool.close()
    await until('the idle one is closed', () => engine.sockets[1]?.closed)
    release()
    expect((await slow.over()).body).toBe('/slow')
    await until('both are closed', () => engine.sockets.every((socket) => socket.closed))
  })
})
