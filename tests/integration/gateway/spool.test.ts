/** Bodies that are too long to be held: to disk while they come, from there to every engine that is tried. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { GatewayLimits } from '../../../src/gateway/index.ts'
import { namelessFiles } from '../../support/nameless-files.ts'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'
import { bigChat, digestOf, sendChunks, startHashingEngine } from './big-chat.ts'
import { answerJson, type Turn } from './scripted-upstream.ts'
import { type Bench, startBench, startEngine } from './setup.ts'

const mib = 1024 * 1024
const head = 'POST /api/chat HTTP/1.1\r\nHost: localhost\r\n'
const chat = [...bigChat(3 * mib)]
const digested = digestOf(chat)

async function startOne(limits: Partial<GatewayLimits> = {}, gpuLayers = -1) {
  const engine = await startHashingEngine()
  const bench = await startBench([{ id: 'local', url: engine.url }], { limits, gpuLayers })
  return { ...bench, engine }
}

/** Nothing of any body is left, and the node serves on. */
async function expectClean({ origin, spool, spoolFolder }: Bench): Promise<void> {
  await until('the disk to be free', () => spool.onDisk.usedBytes === 0)
  await until('the memory to be free', () => spool.held.usedBytes === 0)
  expect(readdirIfThere(spoolFolder)).toEqual([])
  const got = await rawRequest(origin, { path: '/api/chat', body: '{"model":"tiny"}' })
  expect(got.status).toBe(200)
}

/** The log is written a moment after the answer. */
function lastLine({ logged }: Bench, event: string): Promise<Record<string, unknown>> {
  return until(`a line of ${event}`, () => logged(event).at(-1))
}

function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

describe('a body on disk', () => {
  test.each([
    ['with its length', digested.bytes],
    ['in chunks', undefined],
  ])(
    'S-035: sent %s, goes to the engine byte for byte, and is gone after the answer',
    async (_, bytes) => {
      const bench = await startOne()
      const got = await sendChunks(bench.origin, chat, bytes === undefined ? {} : { bytes })
      expect(got.status).toBe(200)
      expect(bench.engine.received).toEqual([{ ...digested, length: String(digested.bytes) }])
      expect(await lastLine(bench, 'request.finished')).toMatchObject({
        model: 'registry.ollama.ai/library/tiny:latest',
      })
      await expectClean(bench)
    },
  )

  test('lies in a file without a name while the engine works, and what it takes is counted', async () => {
    const turn = Promise.withResolvers<Turn>()
    const engine = await startEngine((now) => turn.resolve(now))
    const { origin, spool, spoolFolder } = await startBench([{ id: 'local', url: engine.url }])
    const asking = sendChunks(origin, chat)
    const { request, response } = await turn.promise
    expect(spool.onDisk.usedBytes).toBe(digested.bytes)
    expect(readdirSync(spoolFolder)).toEqual([])
    expect(statSync(spoolFolder).mode & 0o777).toBe(0o700)
    expect(digestOf([request.body])).toEqual(digested)
    answerJson(response, 200, '{"done":true}')
    expect((await asking).status).toBe(200)
    await until('the disk to be free', () => spool.onDisk.usedBytes === 0)
  })

  test('gets num_gpu like one in memory', async () => {
    const bench = await startOne({}, 7)
    await sendChunks(bench.origin, chat)
    const edited = ['{"options":{"num_gpu":7},', chat[0]?.toString().slice(1) ?? ''].join('')
    const expected = digestOf([Buffer.from(edited), ...chat.slice(1)])
    expect(bench.engine.received).toEqual([{ ...expected, length: String(expected.bytes) }])
    await expectClean(bench)
  })

  test('is refused for what would be refused in memory, and no engine hears of it', async () => {
    const bench = await startOne()
    const fill = `"prompt":"${'x'.repeat(2 * mib)}"`
    const bodies = [
      [`{${fill},"context":[1,99999999]}`, /invalid context: 99999999/],
      [`{${fill},"a":${'['.repeat(200)}${']'.repeat(200)}}`, /too many levels of nesting/],
      [`[${'[],'.repeat(700_000)}[]]`, /too many items in one list/],
    ] as const
    for (const [body, error] of bodies) {
      const got = await sendChunks(bench.origin, [Buffer.from(body)], { path: '/api/generate' })
      expect([got.status, got.body]).toEqual([400, expect.stringMatching(error)])
    }
    expect(bench.engine.received).toEqual([])
    await expectClean(bench)
  })

  test('too much outside its texts for an outline: 400 while it comes', async () => {
    const bench = await startOne({ outlineBytesMax: mib })
    const got = await sendChunks(bench.origin, [
      Buffer.from('['),
      Buffer.alloc(2 * mib, '[]'),
      ...chat,
    ])
    expect([got.status, got.body]).toEqual([400, expect.stringMatching(/bytes outside its texts/)])
    await expectClean(bench)
  })

  test('where memory is short, shorter ones go to disk too', async () => {
    const turn = Promise.withResolvers<Turn>()
    const engine = await startEngine((now) => turn.resolve(now))
    const limits = { heldBodiesBytesMax: 90_000 }
    const { origin, spool } = await startBench([{ id: 'local', url: engine.url }], { limits })
    const body = [...bigChat(100_000)]
    const asking = sendChunks(origin, body)
    const { request, response } = await turn.promise
    expect(spool.onDisk.usedBytes).toBe(digestOf(body).bytes)
    expect(digestOf([request.body])).toEqual(digestOf(body))
    answerJson(response, 200, '{"done":true}')
    await asking
    await until('all to be free', () => spool.onDisk.usedBytes + spool.held.usedBytes === 0)
  })
})

describe('a form, which an outline says nothing of', () => {
  const edge = '--b\r\nContent-Disposition: form-data; name='
  const form = (bytes: number) => [
    Buffer.from(`${edge}"file"; filename="a.wav"\r\n\r\n`),
    Buffer.alloc(bytes, '[]'),
    Buffer.from(`\r\n${edge}"model"\r\n\r\ntiny\r\n--b--\r\n`),
  ]
  const path = '/v1/audio/transcriptions'
  const type = 'multipart/form-data; boundary=b'

  test('stays in memory, where its model is found', async () => {
    const bench = await startOne()
    const got = await sendChunks(bench.origin, form(20 * mib), { path, type })
    expect(got.status).toBe(200)
    expect(bench.engine.received).toMatchObject([digestOf(form(20 * mib))])
    expect(await lastLine(bench, 'request.finished')).toMatchObject({
      model: 'registry.ollama.ai/library/tiny:latest',
    })
    await expectClean(bench)
  })

  test('is refused beyond its own bound, and where memory is short', async () => {
    const bench = await startOne({ heldFormBytesMax: 5 * mib, heldBodiesBytesMax: 3 * mib })
    const statuses = []
    for (const size of [2 * mib, 4 * mib, 6 * mib]) {
      const chunks = form(size)
      const { bytes } = digestOf(chunks)
      statuses.push((await sendChunks(bench.origin, chunks, { path, type, bytes })).status)
    }
    expect(statuses).toEqual([200, 503, 413])
    await expectClean(bench)
  })
})

test('S-081 (part: engines): an engine that dies in the middle of a long body is followed by one that gets it whole', async () => {
  const dying = await startHashingEngine((bytes, { socket }) => {
    if (bytes > mib) socket.resetAndDestroy()
  })
  const other = await startHashingEngine()
  const bench = await startBench(
    [
      { id: 'a', url: dying.url },
      { id: 'b', url: other.url },
    ],
    { strategy: 'round_robin' },
  )
  for (let i = 0; i < 2; i++) {
    const got = await sendChunks(bench.origin, chat)
    expect([got.status, got.headers['x-od-engine']]).toEqual([200, 'b'])
  }
  expect(dying.received).toEqual([])
  expect(await lastLine(bench, 'engine.failed')).toMatchObject({ engine: 'a', result: 'died' })
  const whole = { ...digested, length: String(digested.bytes) }
  expect(other.received).toEqual([whole, whole])
  await expectClean(bench)
})

test.skipIf(process.platform !== 'linux')(
  'bytes that cannot be read back: 500 by name, and no engine gets a part for the whole',
  async () => {
    const dying = await startHashingEngine((bytes, { socket }) => {
      if (bytes < mib) return
      for (const path of namelessFiles(process.pid, 'spool')) truncateSync(path, mib)
      socket.resetAndDestroy()
    })
    const other = await startHashingEngine()
    const engines = [dying, other].map(({ url }, index) => ({ id: `e${index}`, url }))
    const bench = await startBench(engines, { strategy: 'round_robin' })
    const answers = []
    for (let i = 0; i < 2; i++) answers.push(await sendChunks(bench.origin, chat))
    const lost = answers.filter(({ status }) => status === 500)
    expect(lost.map(({ body }) => body)).toContain(
      '{"error":"this node could not keep the request on its disk"}',
    )
    const whole = { ...digested, length: String(digested.bytes) }
    for (const received of other.received) expect(received).toEqual(whole)
    expect(await lastLine(bench, 'spool.failed')).toMatchObject({ code: 'OD_BODY_DISK_FAILED' })
    await until('all to be free', () => bench.spool.onDisk.usedBytes === 0)
  },
)

describe('a client that leaves', () => {
  test('while it sends: nothing is left', async () => {
    const bench = await startOne()
    const connection = await connectRaw(bench.origin)
    await connection.send(`${head}Content-Length: ${digested.bytes}\r\n\r\n`)
    for (const chunk of chat.slice(0, 40)) await connection.send(chunk)
    await until('it to be on disk', () => bench.spool.onDisk.usedBytes > mib)
    connection.destroy()
    await expectClean(bench)
    expect(bench.engine.received).toHaveLength(1)
  })

  test('while it waits for the answer: nothing is left, and the engine is told', async () => {
    const turn = Promise.withResolvers<Turn>()
    const engine = await startEngine((now) => turn.resolve(now))
    const { origin, spool } = await startBench([{ id: 'local', url: engine.url }])
    const connection = await connectRaw(origin)
    await connection.send(`${head}Content-Length: ${digested.bytes}\r\n\r\n`)
    for (const chunk of chat) await connection.send(chunk)
    const { closed } = await turn.promise
    connection.destroy()
    await within('the engine to be told', closed)
    await until('all to be free', () => spool.onDisk.usedBytes + spool.held.usedBytes === 0)
  })

  test('and one that is slow is cut', async () => {
    const bench = await startOne({ bodyMs: 400, bodyRateAfterMs: 100, lingerMs: 100 })
    const connection = await connectRaw(bench.origin)
    await connection.send(`${head}Content-Length: ${digested.bytes}\r\n\r\n`)
    for (const chunk of chat.slice(0, 20)) await connection.send(chunk)
    const answer = await within('an answer', connection.answer())
    expect([answer.status, headerOf(answer, 'connection')]).toEqual([408, 'close'])
    connection.destroy()
    await expectClean(bench)
  })
})

describe('beyond a bound', () => {
  test('of one body: 413 when it is reached', async () => {
    const bench = await startOne({ clientBodyBytesMax: 2 * mib })
    const got = await sendChunks(bench.origin, chat)
    expect([got.status, got.body]).toEqual([
      413,
      '{"error":"the request body is larger than 2097152 bytes"}',
    ])
    await expectClean(bench)
  })

  test('of all together: 503, until there is room again', async () => {
    const turn = Promise.withResolvers<Turn>()
    const engine = await startEngine((now) => {
      if (now.request.body.length > mib) turn.resolve(now)
      else answerJson(now.response, 200, '{"done":true}')
    })
    const limits = { spooledBodiesBytesMax: 5 * mib }
    const bench = await startBench([{ id: 'local', url: engine.url }], { limits })
    const first = sendChunks(bench.origin, chat)
    const { response } = await turn.promise
    const got = await sendChunks(bench.origin, chat)
    expect([got.status, got.body]).toEqual([503, expect.stringMatching(/5242880 bytes/)])
    answerJson(response, 200, '{"done":true}')
    expect((await first).status).toBe(200)
    await expectClean(bench)
  })

  test.each([
    ['at once where the length is told', { bytes: digested.bytes }],
    ['where it is not', {}],
  ])('of free disk: 507, %s', async (_, told) => {
    const bench = await startOne({ spoolReserveBytes: Number.MAX_SAFE_INTEGER })
    const got = await sendChunks(bench.origin, chat, told)
    expect([got.status, got.body]).toEqual([
      507,
      '{"error":"this node has not enough free disk space for a request of this size"}',
    ])
    expect(await lastLine(bench, 'spool.failed')).toMatchObject({ code: 'OD_BODY_DISK_FULL' })
    await expectClean(bench)
  })

  const mayMount = process.getuid?.() === 0 && process.platform === 'linux'
  test.skipIf(!mayMount)('on a disk that fills up meanwhile: 507', async () => {
    const bench = await startOne({ spoolReserveBytes: 0 })
    mkdirSync(bench.spoolFolder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', bench.spoolFolder])
    onTestFinished(() => void execFileSync('umount', ['-l', bench.spoolFolder]))
    const got = await sendChunks(bench.origin, chat)
    expect(got.status).toBe(507)
    expect(await lastLine(bench, 'spool.failed')).toMatchObject({
      code: 'OD_BODY_DISK_FULL',
      cause: expect.stringMatching(/ENOSPC/),
    })
    await expectClean(bench)
    expect((await sendChunks(bench.origin, [...bigChat(1.5 * mib)])).status).toBe(200)
  })

  test('where the folder cannot be used: 500 by name, the cause in the log', async () => {
    const bench = await startOne()
    writeFileSync(bench.spoolFolder, 'no folder')
    const got = await sendChunks(bench.origin, chat)
    expect([got.status, got.body]).toEqual([
      500,
      '{"error":"this node could not keep the request on its disk"}',
    ])
    expect(await lastLine(bench, 'spool.failed')).toMatchObject({
      code: 'OD_BODY_DISK_FAILED',
      cause: expect.stringMatching(/EEXIST|ENOTDIR/),
    })
    await expectClean(bench)
  })
})

test('what an earlier process left is removed, and nothing else', async () => {
  const bench = await startOne()
  mkdirSync(bench.spoolFolder)
  for (const name of ['body-0123456789abcdef', 'somebody-elses']) {
    await (await open(`${bench.spoolFolder}/${name}`, 'w')).close()
  }
  await bench.spool.sweep()
  expect(readdirSync(bench.spoolFolder)).toEqual(['somebody-elses'])
})
