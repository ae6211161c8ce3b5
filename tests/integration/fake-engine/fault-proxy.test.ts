/** The fault proxy between real sockets; where time matters, it is a clock that moves when told to. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { checkEngine } from '../../../src/fake-engine/check/index.ts'
import {
  type FaultProxy,
  type LinkFaults,
  startFaultProxy,
} from '../../../src/fake-engine/proxy/index.ts'
import { type Clock, ManualClock, systemClock } from '../../../src/sys/clock.ts'
import { seededRandom } from '../../../src/sys/random.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { until } from '../../support/until.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** One side of a connection, with all that came and how it ended. */
class Side {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  #bytes = 0
  ended: 'no' | 'fin' | 'rst' = 'no'

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#chunks.push(bytes)
      this.#bytes += bytes.length
    })
    socket.once('end', () => {
      this.ended = 'fin'
    })
    socket.once('error', () => {
      this.ended = 'rst'
    })
    cleanUps.push(() => socket.destroy())
  }

  get came(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  async has(bytes: number): Promise<Buffer> {
    await until(`${bytes} bytes`, () => this.#bytes >= bytes)
    return this.came
  }

  async hasEnded(): Promise<string> {
    return await until('its end', () => this.ended !== 'no' && this.ended)
  }
}

interface Line {
  readonly client: Side
  readonly engine: Side
  readonly proxy: FaultProxy
}

async function startProxy(faults: LinkFaults, clock: Clock, port: number): Promise<FaultProxy> {
  const proxy = await startFaultProxy({ engine: { host: '127.0.0.1', port }, clock })
  cleanUps.push(() => proxy.stop())
  proxy.set(faults)
  return proxy
}

/** A client that is connected through a proxy to an engine. */
async function line(faults: LinkFaults = {}, clock: Clock = systemClock): Promise<Line> {
  const server = createServer({ allowHalfOpen: true })
  const accepted = once(server, 'connection')
  await once(server.listen(0, '127.0.0.1'), 'listening')
  cleanUps.push(() => server.close())
  const proxy = await startProxy(faults, clock, (server.address() as AddressInfo).port)
  const socket = connect({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true })
  const client = new Side(socket)
  const [engineSocket] = (await accepted) as [Socket]
  return { client, engine: new Side(engineSocket), proxy }
}

function noise(bytes: number, seed = 1): Buffer {
  return Buffer.from(seededRandom(seed).hex(bytes), 'hex')
}

describe('without faults', () => {
  test('passes on every byte both ways, and the end of each side by itself', async () => {
    const { client, engine, proxy } = await line()
    const question = noise(300_000)
    const answer = noise(700_000, 2)
    client.socket.end(question)
    expect((await engine.has(question.length)).equals(question)).toBe(true)
    expect(await engine.hasEnded()).toBe('fin')
    expect(client.ended).toBe('no')
    engine.socket.end(answer)
    expect((await client.has(answer.length)).equals(answer)).toBe(true)
    expect(await client.hasEnded()).toBe('fin')
    await until('the end of the link', () => proxy.stats().openConnections === 0)
    expect(proxy.stats()).toMatchObject({
      connections: 1,
      cut: 0,
      dropped: 0,
      bytes: { toEngine: question.length, toClient: answer.length },
    })
  })

  test('passes on a reset as a reset', async () => {
    const { client, engine } = await line()
    engine.socket.resetAndDestroy()
    expect(await client.hasEnded()).toBe('rst')
  })

  test('where no engine listens, a client is reset', async () => {
    const { proxy, client, engine } = await line()
    engine.socket.destroy()
    client.socket.destroy()
    const free = await startProxy({}, systemClock, proxy.port)
    await proxy.stop()
    const late = new Side(connect({ host: '127.0.0.1', port: free.port }))
    expect(await late.hasEnded()).toBe('rst')
  })
})

describe('delay', () => {
  test('holds every byte so long', async () => {
    const clock = new ManualClock()
    const { client, engine, proxy } = await line({ delay: { ms: 100 } }, clock)
    client.socket.write('early')
    await until('it to be held', () => proxy.stats().heldMax === 5)
    clock.advance(99)
    client.socket.write('later')
    await until('both to be held', () => proxy.stats().heldMax === 10)
    expect(engine.came.length).toBe(0)
    clock.advance(1)
    expect((await engine.has(5)).toString()).toBe('early')
    clock.advance(99)
    expect((await engine.has(10)).toString()).toBe('earlylater')
  })

  test('keeps the order under jitter', async () => {
    const { client, engine } = await line({ delay: { ms: 0, jitterMs: 15, seed: 3 } })
    let sent = ''
    for (let i = 0; i < 40; i++) {
      sent += `${i},`
      client.socket.write(`${i},`)
      await until('it to be on its way', () => client.socket.writableLength === 0)
    }
    expect((await engine.has(sent.length)).toString()).toBe(sent)
  })
})

test('a limited rate passes slices, one after the other', async () => {
  const clock = new ManualClock()
  const { client, engine, proxy } = await line({ bytesPerSecond: 1000 }, clock)
  client.socket.write(noise(150))
  const passed = (bytes: number) =>
    until(`${bytes} bytes`, () => proxy.stats().bytes.toEngine === bytes)
  await passed(50)
  clock.advance(49)
  expect(proxy.stats().bytes.toEngine).toBe(50)
  clock.advance(1)
  await passed(100)
  clock.advance(50)
  await passed(150)
  expect((await engine.has(150)).equals(noise(150))).toBe(true)
})

describe('cut', () => {
  test.each(['fin', 'rst'] as const)('after so many bytes, by %s', async (how) => {
    const cut = { afterBytes: 1000, direction: 'toClient', how } as const
    const { client, engine, proxy } = await line({ cut })
    engine.socket.write(noise(400))
    await client.has(400)
    engine.socket.write(noise(5000))
    expect(await client.hasEnded()).toBe(how)
    expect(client.came.length).toBe(1000)
    await engine.hasEnded()
    expect(proxy.stats()).toMatchObject({ cut: 1, openConnections: 0 })
  })

  test.each(['fin', 'rst'] as const)('on command, by %s, of all that are open', async (how) => {
    const { client, engine, proxy } = await line()
    client.socket.write('x')
    await engine.has(1)
    proxy.cut(how)
    expect(await client.hasEnded()).toBe(how)
    expect(await engine.hasEnded()).toBe(how)
    expect(proxy.stats().cut).toBe(1)
  })

  test('refused: a new connection is reset, an open one is not', async () => {
    const { client, engine, proxy } = await line()
    proxy.set({ refuse: true })
    const late = new Side(connect({ host: '127.0.0.1', port: proxy.port }))
    expect(await late.hasEnded()).toBe('rst')
    client.socket.write('still here')
    await engine.has(10)
    expect(proxy.stats()).toMatchObject({ refused: 1, connections: 1 })
  })
})

describe('stall', () => {
  test('nothing passes in that direction, nothing is lost, the other one goes on', async () => {
    const { client, engine, proxy } = await line({ stall: 'toClient' })
    engine.socket.write('answer')
    client.socket.write('question')
    await engine.has(8)
    await until('the answer to be held', () => proxy.stats().heldMax >= 6)
    expect(client.came.length).toBe(0)
    proxy.set({})
    expect((await client.has(6)).toString()).toBe('answer')
  })

  test.each([
    ['a stall', { stall: 'toClient' }, false],
    ['a client that does not read', {}, true],
  ] as const)(
    '%s makes the sender wait, and memory stays bounded',
    async (_what, faults, pauses) => {
      const { client, engine, proxy } = await line(faults)
      if (pauses) client.socket.pause()
      const sent = noise(16 * 1024 * 1024)
      engine.socket.write(sent)
      let before = -1
      await until(
        'the sender to stand still',
        () => {
          const { bytesWritten, writableLength } = engine.socket
          const out = bytesWritten - writableLength
          const isStill = writableLength > 0 && proxy.stats().heldMax > 0 && out === before
          before = out
          return isStill
        },
        { everyMs: 200 },
      )
      expect(proxy.stats().heldMax).toBeLessThanOrEqual(256 * 1024 + 64 * 1024)
      proxy.set({})
      client.socket.resume()
      expect((await client.has(sent.length)).equals(sent)).toBe(true)
      expect(proxy.stats().heldMax).toBeLessThanOrEqual(256 * 1024 + 64 * 1024)
    },
  )
})

test('one way: what goes in one direction is gone, its end as well', async () => {
  const { client, engine, proxy } = await line({ drop: 'toClient' })
  client.socket.write('question')
  await engine.has(8)
  engine.socket.end('answer')
  await until('the answer to be dropped', () => proxy.stats().dropped === 6)
  client.socket.write('?')
  await engine.has(9)
  expect(client).toMatchObject({ ended: 'no', came: Buffer.alloc(0) })
})

describe('between the verifiable client and the fake engine', () => {
  test.each([
    ['ok', { delay: { ms: 2, jitterMs: 5, seed: 9 } }],
    ['ok', { bytesPerSecond: 200_000 }],
    ['truncated', { cut: { afterBytes: 400, direction: 'toClient', how: 'fin' } }],
    ['truncated', { cut: { afterBytes: 400, direction: 'toClient', how: 'rst' } }],
    ['failed', { cut: { afterBytes: 10, direction: 'toEngine', how: 'fin' } }],
    ['failed', { drop: 'toClient' }],
    ['failed', { drop: 'toEngine' }],
    ['failed', { stall: 'both' }],
    ['failed', { refuse: true }],
  ] as const)('%s: %j', async (expected, faults) => {
    const fake = await startFakeOllama({ tokens: 'indexed', answerTokens: 60, parallel: 8 })
    cleanUps.push(fake.stop)
    const proxy = await startProxy(faults, systemClock, fake.port)
    const summary = await checkEngine({
      baseUrl: `http://127.0.0.1:${proxy.port}`,
      model: 'tiny',
      requests: 4,
      clients: 4,
      isIndexed: true,
      tokensMax: 60,
      silenceMs: 1_500,
      clock: systemClock,
      signal: new AbortController().signal,
    })
    expect(summary.classes).toMatchObject({ [expected]: 4 })
  })
})
