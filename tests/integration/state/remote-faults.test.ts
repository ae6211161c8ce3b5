import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Agent } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { remoteStateStore, type StateStore } from '../../../src/state/index.ts'
import { type StateLimits, stateLimits } from '../../../src/state/limits.ts'
import { ManualClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { systemRandom } from '../../../src/sys/random.ts'
import { list, put, Reader } from '../../contract/state-store/calls.ts'
import { openStore, type Served, serve } from '../../contract/state-store/ground.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until, within } from '../../support/until.ts'

const cleanUps: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function serveSqlite(
  limits: StateLimits = stateLimits,
): Promise<Served & { store: StateStore }> {
  const directory = await makeTemporaryDirectory()
  cleanUps.push(() => directory.remove())
  const store = await openStore(directory.inside('cluster.db'), { limits })
  cleanUps.push(() => store.close())
  const served = await serve(store, { limits })
  cleanUps.push(() => served.stop())
  return { ...served, store }
}

/** A client of a server that is no store of ours. */
async function clientOf(listener: RequestListener, clock = new ManualClock()) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const carrier = new Agent()
  const origin = `http://127.0.0.1:${port}`
  const store = remoteStateStore({ carrier, origin, clock, random: systemRandom, log: silentLog })
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => {
      server.close(resolve)
    })
    await carrier.destroy()
  }
  cleanUps.push(async () => {
    await store.close()
    if (server.listening) await stop()
  })
  return { store, clock, stop }
}

const aWrite = { conditions: [], writes: [{ put: 'a', value: '1' }] }

describe('what became of a transaction', () => {
  test('is unknown when the answer is lost, although it happened', async () => {
    const served = await serveSqlite()
    const client = served.connect()
    served.loseAnswer()
    expect(await client.transact(aWrite)).toMatchObject({ outcome: 'unknown' })
    expect((await client.get('a')).entry?.value).toBe('1')
    await client.close()
  })

  test('is known when nobody listens: nothing was sent', async () => {
    const { store, stop } = await clientOf(() => undefined)
    await stop()
    await expect(store.transact(aWrite)).rejects.toMatchObject({ code: 'OD_STATE_UNAVAILABLE' })
    await expect(store.grantLease(5_000)).rejects.toMatchObject({ code: 'OD_STATE_UNAVAILABLE' })
  })

  test('is unknown after the time, for a server that never answers; a read is unavailable', async () => {
    let asked = 0
    const { store, clock } = await clientOf((request) => {
      asked++
      request.resume()
    })
    const calls = [store.transact(aWrite), store.grantLease(5_000), store.get('a')]
    const settled = Promise.allSettled(calls)
    await until('three requests', () => asked === 3)
    clock.advance(stateLimits.remoteCallMs)
    expect(await within('an end', settled)).toMatchObject([
      { status: 'fulfilled', value: { outcome: 'unknown' } },
      { status: 'rejected', reason: { code: 'OD_STATE_UNKNOWN' } },
      { status: 'rejected', reason: { code: 'OD_STATE_UNAVAILABLE' } },
    ])
  })

  test.each([
    ['no JSON', 200, 'done'],
    ['another answer', 200, '{"outcome":"perhaps"}'],
    ['an error of somebody between', 502, '{"error":"bad gateway"}'],
    ['a code that is not in the catalogue', 500, '{"error":{"code":"OD_X","parameters":{}}}'],
  ])('is unknown when the answer is %s', async (_, status, body) => {
    const { store } = await clientOf((_, response) => response.writeHead(status).end(body))
    expect(await store.transact(aWrite)).toMatchObject({ outcome: 'unknown' })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'OD_STATE_UNAVAILABLE' })
  })

  test('an answer without end is cut', async () => {
    const { store } = await clientOf((_, response) => {
      response.on('error', () => undefined)
      const flood = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, 'x')));
        response.once('drain', flood)
      }
      flood()
    })
    expect(await store.transact(aWrite)).toMatchObject({
      outcome: 'unknown',
      reason: 'the answer is too long',
    })
  })
})

describe('a watch', () => {
  test('of a server that falls silent is begun anew where it stopped', async () => {
    const asked: unknown[] = []
    const { store, clock } = await clientOf((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => asked.push(JSON.parse(text)))
      const at = { epoch: 'e', revision: 8 }
      response.write(
        `${JSON.stringify({ type: 'changes', at, changes: [{ type: 'delete', key: 'a' }] })}\n`,
      )
    })
    await using reader = new Reader(store, '', { epoch: 'e', revision: 7 })
    expect((await reader.changes()).at.revision).toBe(8)
    const next = reader.changes()
    await until('a second watch', () => {
      clock.advance(stateLimits.remoteSilenceMs)
      return asked.length > 1
    })
    expect(asked.slice(0, 2)).toMatchObject([
      { after: { revision: 7 } },
      { after: { revision: 8 } },
    ])
    expect((await next).texts).toEqual(['delete a'])
  })

  test.each([
    ['lines that are no items', '{"type":"changes"}\n'],
    ['a line without end', 'x'.repeat(stateLimits.remoteBytesMax + 1)],
  ])('of a server that sends %s gives none of them and asks again', async (_, text) => {
    let asked = 0
    const { store, clock } = await clientOf((_, response) => {
      asked++
      response.on('error', () => undefined)
      response.end(text)
    })
    await using reader = new Reader(store, '', { epoch: 'e', revision: 0 })
    void reader.next().catch(() => undefined)
    await until('some more questions', () => {
      clock.advance(stateLimits.remoteRetryMsMax)
      return asked > 2
    })
  })

  test('that is one too many is refused by name, and gets its place when one ends', async () => {
    const served = await serveSqlite({ ...stateLimits, watchesMax: 2, progressMs: 50 })
    const { at } = await served.store.get('a')
    const first = new Reader(served.store, '', at)
    await using second = new Reader(served.store, '', at)
    await first.next()
    await second.next()
    await using direct = new Reader(served.store, '', at)
    await expect(direct.next()).rejects.toMatchObject({ code: 'OD_STATE_WATCHES' })
    const client = served.connect()
    await using waiting = new Reader(client, '', at)
    const item = waiting.next() // a store that is full is asked again
    await first[Symbol.asyncDispose]()
    expect(await item).toMatchObject({ type: 'progress' })
    await client.close()
  })

  test('whose reader has left is over at the store', async () => {
    const served = await serveSqlite({ ...stateLimits, watchesMax: 1 })
    const { at } = await served.store.get('a')
    for (let i = 0; i < 3; i++) {
      const client = served.connect()
      const reader = new Reader(client, '', at)
      await reader.next()
      await reader[Symbol.asyncDispose]()
      await client.close()
    }
    await until('its place to be free', async () => {
      await using reader = new Reader(served.store, '', at)
      return (await reader.next())?.type === 'progress'
    })
  })

  test('that nobody takes is dropped, and no writer waits for it', async () => {
    const served = await serveSqlite({ ...stateLimits, watchesMax: 1, remoteStalledMs: 300 })
    const { at } = await served.store.get('a')
    const socket = await postRaw(served.origin, '/state/v1/watch', { prefix: '', after: at })
    socket.pause()
    const value = 'x'.repeat(200_000)
    for (let i = 0; i < 80; i++) await put(served.store, 'a', `${i}${value}`)
    await until('the place of the stalled one', async () => {
      await using reader = new Reader(served.store, '', (await served.store.get('a')).at)
      return (await reader.next())?.type === 'progress'
    })
    socket.destroy()
  })
})

describe('a request that is wrong', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  test.each([
    ['no JSON', 'transact', '{'],
    ['another form', 'transact', '{"conditions":[],"writes":[{"put":"a"}]}'],
    ['members that we do not know', 'get', '{"key":"a","at":"yesterday"}'],
    ['a deep nest', 'transact', deep],
    ['a lease that is a number', 'leases/keep-alive', '{"lease":7}'],
    ['a position of words', 'watch', '{"prefix":"","after":{"epoch":"e","revision":"1"}}'],
    ['too much', 'transact', JSON.stringify('x'.repeat(stateLimits.remoteBytesMax))],
  ])('%s is refused, and changes nothing', async (_, call, body) => {
    const served = await serveSqlite()
    const answer = await fetch(`${served.origin}/state/v1/${call}`, { method: 'POST', body })
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { code: 'OD_STATE_REQUEST' } },
    ])
    const client = served.connect()
    expect(await list(client, '')).toMatchObject({ entries: [], at: { revision: 0 } })
    await client.close()
  })

  test('bounds that a client does not keep are kept by the store', async () => {
    const served = await serveSqlite()
    const value = 'x'.repeat(stateLimits.valueBytesMax + 1)
    const body = JSON.stringify({ conditions: [], writes: [{ put: 'a', value }] })
    const answer = await fetch(`${served.origin}/state/v1/transact`, { method: 'POST', body })
    const error = { code: 'OD_STATE_VALUE', parameters: { bytesMax: stateLimits.valueBytesMax } }
    expect([answer.status, await answer.json()]).toEqual([413, { error }])
  })

  test('a body that never ends is cut, and paths that are not ours are left to others', async () => {
    const served = await serveSqlite({ ...stateLimits, remoteCallMs: 200 })
    const { hostname, port } = new URL(served.origin)
    const socket = connect(Number(port), hostname)
    socket.write('POST /state/v1/get HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"key"')
    const closed = new Promise((resolve) => {
      socket.once('close', resolve).resume()
    })
    await within('its end', closed)
    expect((await fetch(`${served.origin}/state/v1/get`)).status).toBe(404)
    expect((await fetch(`${served.origin}/other`, { method: 'POST' })).status).toBe(404)
  })
})

async function postRaw(origin: string, path: string, question: object): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  const body = JSON.stringify(question)
  const head = `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n`
  socket.write(head + body)
  await new Promise((resolve) => {
    socket.once('data', resolve)
  })
  return socket
}
