/** Files of models through any gateway: they meet at one engine, and a create finds them there. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ClusterNode, startCluster } from '../../support/cluster/start.ts'
import { connectRaw, headerOf, type RawConnection, rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'
import { type Arrival, digestOf } from '../gateway/receiving-engine.ts'
import { askJson, engineOf, startFake } from './across-setup.ts'
import { startScripted } from './scripted-engine.ts'

const mebibyte = 1024 * 1024
const some = `sha256:${'a'.repeat(64)}`
const pathOf = (digest: string) => `/api/blobs/${digest}`
const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const at = <Value>(list: readonly Value[], i: number) => list[i % list.length] as Value

const head = async (node: ClusterNode, digest: string) =>
  (await rawRequest(node.origin, { method: 'HEAD', path: pathOf(digest) })).status

/** A connection on which the head of an upload went out. */
async function openUpload({ origin }: ClusterNode, header: string): Promise<RawConnection> {
  const connection = await connectRaw(origin)
  await connection.send(`POST ${pathOf(some)} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`)
  return connection
}

/** Memory that a process has in RAM, in bytes. Source: proc(5), `VmRSS` in KiB. */
function residentBytes({ pid }: ClusterNode): number {
  const [, kibibytes = ''] =
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) * 1024
}

test('S-049: upload and create go well 20 of 20 times on three nodes, each step through another gateway', async () => {
  const fakes = await Promise.all([startFake(), startFake(), startFake()])
  const nodes = await startCluster(fakes.map((fake) => ({ engines: engineOf(fake) })))
  const done: string[] = []
  for (let i = 0; i < 20; i++) {
    const files = ['weights', 'adapter'].map((what) => Buffer.from(`${what} of model ${i}`))
    const digests = files.map(sha256)
    for (const [j, file] of files.entries()) {
      const gateway = at(nodes, i + j) // the files of one model by two gateways
      expect(await head(gateway, at(digests, j))).toBe(404)
      const sent = await rawRequest(gateway.origin, { path: pathOf(at(digests, j)), body: file })
      expect(sent.status).toBe(201)
    }
    for (const node of nodes) {
      for (const digest of digests) expect(await head(node, digest)).toBe(200)
    }
    const got = await rawRequest(at(nodes, i + 2).origin, {
      path: '/api/create',
      body: JSON.stringify({
        model: `m${i}`,
        files: { 'a.gguf': digests[0], 'b.gguf': digests[1] },
      }),
    })
    done.push(got.body.toString().trim().split('\n').at(-1) ?? '')
    // A node that is busy is listed as it was asked last.
    await until('it is listed', async () => {
      const { models } = await askJson<{ models: { name: string }[] }>(at(nodes, i), '/api/tags')
      return models.some(({ name }) => name === `m${i}:latest`)
    })
  }
  expect(done).toEqual(Array(20).fill('{"status":"success"}'))
})

describe('a file for an engine of another node', () => {
  /** Two nodes, of which one has an engine, and the gateway of the other. */
  async function startPair(script: (arrival: Arrival) => void | Promise<void>) {
    const engine = await startScripted([], script)
    const [way, owner] = await startCluster([
      { engines: [] },
      { engines: [{ id: 'local', url: engine.url }] },
    ])
    return { engine, way: way as ClusterNode, owner: owner as ClusterNode }
  }

  test('arrives as it was sent, with and without a length, and is answered at once when it is there', async () => {
    const arrivals: { got: Awaited<ReturnType<typeof digestOf>>; headers: object }[] = []
    const { way, owner } = await startPair(async ({ request, response }) => {
      if (request.url === pathOf(some)) {
        return void response.writeHead(200, { 'Content-Length': 0 }).end() // without reading it
      }
      arrivals.push({ got: await digestOf(request), headers: request.headers })
      response.writeHead(201, { 'Content-Length': 0 }).end()
    })
    const body = Buffer.alloc(3 * mebibyte, 'all kinds of bytes \0\xff')
    for (const framing of [{}, { chunkBytes: 100_000 }]) {
      const answer = await rawRequest(way.origin, { path: pathOf(sha256(body)), body, ...framing })
      expect([answer.status, answer.body.length]).toEqual([201, 0])
      expect(headerOf(answer, 'x-od-node')).toBe(owner.peer)
    }
    const sent = { digest: sha256(body), bytes: body.length }
    expect(arrivals.map(({ got }) => got)).toEqual([sent, sent])
    expect(arrivals.map(({ headers }) => Reflect.get(headers, 'content-length'))).toEqual([
      `${body.length}`,
      undefined,
    ])
    const names = arrivals.flatMap(({ headers }) => Object.keys(headers))
    expect(names.filter((name) => name.startsWith('x-od-'))).toEqual([])
    const connection = await openUpload(way, `Content-Length: ${64 * mebibyte}`)
    await connection.send('start')
    expect((await within('the answer', connection.answer())).status).toBe(200)
    connection.destroy()
  })

  test('waits for the engine, and neither node holds it: 384 MiB cost less than a third of that in memory', async () => {
    const arrived = Promise.withResolvers<Arrival>()
    const { way, owner } = await startPair(arrived.resolve)
    const total = 384 * mebibyte
    const before = [way, owner].map(residentBytes)
    const connection = await openUpload(way, `Content-Length: ${total}`)
    const piece = Buffer.alloc(mebibyte, 7)
    let accepted = 0
    const sending = (async () => {
      for (; accepted < total; accepted += piece.length) await connection.send(piece)
    })()
    const { request, response } = await arrived.promise
    let seen = -1
    await until(
      'nothing more to be taken',
      () => {
        const isStill = seen === accepted && accepted > 0
        seen = accepted
        return isStill
      },
      { everyMs: 300 },
    )
    expect(accepted).toBeLessThan(48 * mebibyte)
    let received = 0
    let peak = 0
    for await (const chunk of request as AsyncIterable<Buffer>) {
      received += chunk.length
      if (received % (8 * mebibyte) < chunk.length) {
        peak = Math.max(peak, ...[way, owner].map((node, i) => residentBytes(node) - at(before, i)))
      }
    }
    await sending
    response.writeHead(201, { 'Content-Length': 0 }).end()
    expect((await connection.answer()).status).toBe(201)
    expect(received).toBe(total)
    expect(peak).toBeLessThan(total / 3)
    connection.destroy()
  })

  test('that breaks off breaks off at the engine, and is never taken for a whole one', async () => {
    const arrived = Promise.withResolvers<Arrival>()
    const { way, owner } = await startPair(arrived.resolve)
    const connection = await openUpload(way, 'Transfer-Encoding: chunked')
    await connection.send('5\r\nhello\r\n')
    const { request, closed } = await arrived.promise
    const ending = digestOf(request).then(
      () => 'whole',
      () => 'broken',
    )
    connection.destroy()
    await within('the engine to hear of it', closed)
    expect(await ending).toBe('broken')
    await until('both nodes to be done', () => owner.logged('link.request.finished').length === 1)
    const { instances } = await askJson<{ instances: { state: string }[] }>(
      way,
      '/api/v1/instances',
    )
    expect(instances.map(({ state }) => state)).toEqual(['running']) // it was no fault of the engine
  })

  test('ends with an error that says how far it came, when the node of the engine dies', async () => {
    const arrived = Promise.withResolvers<Arrival>()
    const { way, owner } = await startPair(arrived.resolve)
    const connection = await openUpload(way, 'Content-Length: 100')
    await connection.send('start')
    await arrived.promise
    await owner.kill()
    const { status, body } = await within('the answer', connection.answer())
    expect([status, JSON.parse(body.toString())]).toEqual([
      502,
      {
        error: `the engine local@${owner.peer} broke off after 5 bytes of the file; they are not kept and cannot be sent to another engine`,
      },
    ])
    connection.destroy()
  })
})
