/** Bodies in both directions, at the pace of the slower side, to the end of whoever leaves. */
import { createHash } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import type { Link } from '../../../src/cluster/links/index.ts'
import { seededRandom } from '../../../src/sys/random.ts'
import { until, within } from '../../support/until.ts'
import { type Asked, addressOf, linkedPair } from './link-setup.ts'
import { connectTls, credentialsOf } from './tls-client.ts'

const pieceBytes = 64 * 1024

test('bodies stream both ways at once, unchanged', async () => {
  const { node, client } = await linkedPair({
    answer: ({ request, response }) => void request.pipe(response),
  })
  const random = seededRandom(7)
  const pieces = Array.from({ length: 64 }, () => Buffer.from(random.hex(pieceBytes / 2)))
  const link = client.to(node.identity.peer, [node.address])
  const answer = send(link, Readable.from(pieces))
  await answer.ended
  expect(hashOf(answer.chunks)).toBe(hashOf(pieces))
})

test('an answer begins before the question has ended', async () => {
  const { node, client } = await linkedPair({
    answer: ({ request, response }) => void request.pipe(response),
  })
  const body = new Readable({ read() {} })
  const answer = send(client.to(node.identity.peer, [node.address]), body)
  for (const word of ['one', 'two', 'three']) {
    body.push(word)
    await until(`${word} is back`, () => Buffer.concat(answer.chunks).toString().endsWith(word))
  }
  body.push(null)
  await answer.ended
})

test('a reader that pauses makes the writer wait', async () => {
  let writtenBytes = 0
  const { node, client } = await linkedPair({
    answer({ response }) {
      const write = () => {
        do writtenBytes += pieceBytes
        while (response.write(Buffer.alloc(pieceBytes)))
      }
      response.on('drain', write)
      write()
    },
  })
  const answer = send(client.to(node.identity.peer, [node.address]))
  await until('it begins', () => answer.chunks.length > 0)
  answer.pause()
  const seen: number[] = []
  await until('the writer stands still', () => {
    seen.push(writtenBytes)
    return seen.length > 50 && seen.at(-50) === writtenBytes
  })
  expect(writtenBytes).toBeLessThan(32 * 1024 * 1024) // what two kernels and TLS hold
  answer.resume()
  await until('it goes on', () => writtenBytes > (seen.at(-1) ?? 0))
  answer.abort()
})

test('who leaves is known at the other side at once, whichever it is', async () => {
  const { node, client } = await linkedPair({ answer: ({ response }) => void response.write('x') })
  const link = client.to(node.identity.peer, [node.address])
  const asking = send(link)
  await until('it begins', () => asking.chunks.length > 0)
  const [first] = node.asked
  asking.abort()
  await until('the answering side knows', () => first?.response.destroyed === true)

  const other = send(link)
  await until('it begins', () => other.chunks.length > 0)
  node.asked[1]?.response.destroy()
  await expect(other.ended).rejects.toThrow()
})

test('connections are kept: a hundred questions in a row need no third one', async () => {
  const { node, ask } = await linkedPair()
  for (let i = 0; i < 100; i++) await ask()
  // One that is asked in the moment in which the last answer ends finds the first connection still taken.
  expect(new Set(node.asked.map(({ request }) => request.socket)).size).toBeLessThan(3)
})

test('a hundred questions at once need a hundred connections, and all are answered', async () => {
  const waiting: Asked[] = []
  const { node, ask } = await linkedPair({ answer: (asked) => void waiting.push(asked) })
  const answers = Array.from({ length: 100 }, () => ask())
  await until('all are there', () => waiting.length === 100)
  for (const { response } of waiting) response.end('ok')
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(100).fill(200))
  expect(new Set(node.asked.map(({ request }) => request.socket)).size).toBe(100)
})

test('a server that stops lets answers finish', async () => {
  const { node, ask } = await linkedPair({ answer: ({ response }) => void response.write('be') })
  const answer = ask()
  await until('it is asked', () => node.asked.length === 1)
  const stopped = node.stop(30_000)
  node.asked[0]?.response.end('gun')
  expect((await answer).body.toString()).toBe('begun')
  await stopped
  await expect(ask()).rejects.toMatchObject({ code: 'OD_LINK_PORT_CLOSED' })
})

test('a server that stops waits for no connection on which nothing was asked', async () => {
  const { node, own } = await linkedPair()
  const { socket } = connectTls(node.port, credentialsOf(own))
  await new Promise((resolve) => socket.once('session', resolve)) // a ticket ends the handshake
  await within('its end', node.stop(30_000), 5_000)
  await until('the other side sees it', () => socket.closed)
})

test('S-008 (part: a capture of a link shows no prompt text): questions and answers are nowhere in it', async () => {
  const { node, ask } = await linkedPair({
    answer: ({ request, response }) => void request.pipe(response),
  })
  const recorder = await startRecorder(node.port)
  const prompt = 'Why is the sky blue at noon and red at night?'
  const body = JSON.stringify({ model: 'llama3', prompt: prompt.repeat(200) })
  const answer = await ask({ method: 'POST', path: '/api/generate', body }, [
    addressOf(recorder.port),
  ])
  expect(answer.body.toString()).toBe(body)
  const record = Buffer.concat(recorder.chunks)
  expect(record.length).toBeGreaterThan(2 * body.length)
  for (const part of [prompt, 'sky blue', 'llama3', '/api/generate', node.identity.peer]) {
    expect(record.includes(part), part).toBe(false)
  }
})

interface Answer {
  readonly chunks: Buffer[]
  readonly ended: Promise<void>
  pause(): void
  resume(): void
  abort(): void
}

/** A POST over a link, with its answer as it comes. */
function send(link: Link, body: Readable | null = null): Answer {
  const chunks: Buffer[] = []
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
  ended.catch(() => {}) // looked at by those who wait for it
  let control: { pause(): void; resume(): void; abort(reason: Error): void } | undefined
  link.dispatch(
    { method: 'POST', path: '/', body },
    {
      onRequestStart(started) {
        control = started
      },
      onResponseStart() {},
      onResponseData: (_, chunk) => void chunks.push(chunk),
      onResponseEnd: () => resolve(),
      onResponseError: (_, error) => reject(error),
    },
  )
  return {
    chunks,
    ended,
    pause: () => control?.pause(),
    resume: () => control?.resume(),
    abort: () => control?.abort(new Error('given up')),
  }
}

/** Passes bytes on and keeps them, as somebody on the way could. */
async function startRecorder(port: number): Promise<{ port: number; chunks: Buffer[] }> {
  const chunks: Buffer[] = []
  const server = createServer((near) => {
    const far = connect({ port, host: '127.0.0.1' })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => chunks.push(chunk))
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as { port: number }).port, chunks }
}

function hashOf(chunks: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}
