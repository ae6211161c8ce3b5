/** The verifiable client against a server that lies by script, and against the fake engine with its faults. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  type AnswerClass,
  answerClasses,
  type CheckOptions,
  type CheckSummary,
  checkEngine,
} from '../../../src/fake-engine/check/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { type FakeOllama, type Faults, startFakeOllama } from '../../support/fake-ollama/start.ts'
import { until } from '../../support/until.ts'
import { type Script, startScriptedServer } from './scripted-server.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function check(baseUrl: string, more: Partial<CheckOptions> = {}): Promise<CheckSummary> {
  return await checkEngine({
    baseUrl,
    model: 'tiny',
    requests: 4,
    clients: 2,
    isIndexed: true,
    tokensMax: 64,
    silenceMs: 30_000,
    clock: systemClock,
    signal: new AbortController().signal,
    ...more,
  })
}

/** All answers have one class. */
function allAre(name: AnswerClass, answers: number): CheckSummary['classes'] {
  const none = Object.fromEntries(answerClasses.map((one) => [one, 0]))
  return { ...none, [name]: answers } as CheckSummary['classes']
}

const object = (text: string, more: object = {}) =>
  JSON.stringify({
    model: 'tiny',
    created_at: '2026-01-01T00:00:00Z',
    response: text,
    done: false,
    ...more,
  })
const end = (count: number) =>
  object('', { done: true, done_reason: 'stop', total_duration: 5, eval_count: count })

/** A chunked answer; without its last chunk the framing does not end. */
function chunked(lines: readonly string[], hasLastChunk = true): string {
  const head =
    'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n'
  const chunks = lines.map((line) => `${(line.length + 1).toString(16)}\r\n${line}\n\r\n`)
  return `${head}\r\n${chunks.join('')}${hasLastChunk ? '0\r\n\r\n' : ''}`
}

const three = [object('t0'), object(' t1'), object(' t2')]
const length = (body: string, bytes: number) =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n${body}`

describe('against a script', () => {
  test.each<[string, AnswerClass, Script]>([
    ['a good stream', 'ok', { bytes: chunked([...three, end(3)]), end: 'open' }],
    ['a clean end without done', 'truncated', { bytes: chunked(three), end: 'open' }],
    [
      'a stream whose framing ends early',
      'truncated',
      { bytes: chunked(three, false), end: 'fin' },
    ],
    ['a reset', 'truncated', { bytes: chunked(three, false), end: 'rst' }],
    ['silence', 'truncated', { bytes: chunked(three, false), end: 'open' }],
    [
      'a lost tail under a good end',
      'truncated',
      { bytes: chunked([...three, end(4)]), end: 'open' },
    ],
    ['fewer bytes than announced', 'truncated', { bytes: length('{"model"', 500), end: 'fin' }],
    [
      'a repeated token',
      'corrupted',
      { bytes: chunked([...three, object(' t2'), end(4)]), end: 'open' },
    ],
    [
      'a lost token',
      'corrupted',
      { bytes: chunked([object('t0'), object(' t2'), end(2)]), end: 'open' },
    ],
    [
      'disorder',
      'corrupted',
      { bytes: chunked([object('t0'), object(' t2'), object(' t1'), end(3)]), end: 'open' },
    ],
    [
      'changed text',
      'corrupted',
      { bytes: chunked([object('t0'), object(' u1'), end(2)]), end: 'open' },
    ],
    [
      'a line after the end',
      'corrupted',
      { bytes: chunked([...three, end(3), object(' t3')]), end: 'open' },
    ],
    ['an error line', 'broken', { bytes: chunked([...three, '{"error":"gone"}']), end: 'open' }],
    ['headers alone', 'failed', { bytes: chunked([], false), end: 'fin' }],
    ['nothing', 'failed', { bytes: '', end: 'fin' }],
    [
      'a page of a proxy',
      'failed',
      { bytes: 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno', end: 'open' },
    ],
    [
      'a rule',
      'refused',
      {
        bytes: 'HTTP/1.1 429 Too Many Requests\r\nContent-Length: 17\r\n\r\n{"error":"later"}',
        end: 'open',
      },
    ],
  ])('%s is %s', async (_what, expected, script) => {
    await using server = await startScriptedServer(script)
    const summary = await check(server.url, { requests: 1, silenceMs: 1_500 })
    expect(summary.classes).toEqual(allAre(expected, 1))
    expect(summary.examples).toHaveLength(expected === 'ok' ? 0 : 1)
  })

  test('where nobody listens, every answer failed', async () => {
    const server = await startScriptedServer({ bytes: '', end: 'fin' })
    await server[Symbol.asyncDispose]()
    const summary = await check(server.url)
    expect(summary.classes).toEqual(allAre('failed', 4))
    expect(summary.examples[0]).toMatchObject({ reason: 'ECONNREFUSED', status: undefined })
  })

  test('never has more connections than clients', async () => {
    await using server = await startScriptedServer({
      bytes: chunked([...three, end(3)]),
      end: 'open',
    })
    await check(server.url, { requests: 60, clients: 7 })
    expect(server.connectionsMax()).toBeLessThanOrEqual(7)
  })
})

describe('against the fake engine', () => {
  async function start(answerTokens = 6): Promise<FakeOllama> {
    const fake = await startFakeOllama({ tokens: 'indexed', answerTokens, parallel: 64 })
    cleanUps.push(fake.stop)
    return fake
  }

  test('a healthy one: generate and chat, streamed and whole, by many clients', async () => {
    const fake = await start(40)
    const summary = await check(fake.url, { requests: 200, clients: 32 })
    expect(summary.classes).toEqual(allAre('ok', 200))
    expect(summary.tokens).toBe(200 * 40)
    const { p50 = 0, p99 = 0 } = summary.firstTokenMs ?? {}
    expect(p99).toBeGreaterThanOrEqual(p50)
    const asked = (await fake.requests()).map(({ target, body }) => [
      target,
      (JSON.parse(body) as { stream: boolean }).stream,
    ])
    for (const target of ['/api/generate', '/api/chat']) {
      for (const stream of [true, false]) expect(asked).toContainEqual([target, stream])
    }
  })

  test('num_predict ends an answer by length, and that is ok', async () => {
    const fake = await start(40)
    expect(await check(fake.url, { tokensMax: 5 })).toMatchObject({ tokens: 4 * 5 })
  })

  test.each<[AnswerClass, Faults]>([
    ['failed', { refuseConnections: true }],
    ['failed', { answer: { type: 'cut', afterTokens: 0 } }],
    ['failed', { refuseNext: { times: 9, status: 500, error: 'no memory' } }],
    ['failed', { refuseSome: { probability: 1, seed: 1, status: 500, error: 'no memory' } }],
    ['failed', { hang: 'inference' }],
    ['failed', { answer: { type: 'stall', afterTokens: 0 } }],
    ['refused', { refuseNext: { times: 9, status: 503, error: 'server busy' } }],
    ['corrupted', { answer: { type: 'garbage', afterTokens: 2 } }],
    ['corrupted', { answer: { type: 'wrongBytes', afterTokens: 2 } }],
    ['corrupted', { answer: { type: 'wrongToken', afterTokens: 2 } }],
    ['corrupted', { answer: { type: 'repeatToken', afterTokens: 2 } }],
    ['corrupted', { answer: { type: 'skipToken', afterTokens: 2 } }],
    ['corrupted', { answer: { type: 'swapTokens', afterTokens: 2 } }],
    ['truncated', { answer: { type: 'noTerminator', afterTokens: 2 } }],
    ['truncated', { answer: { type: 'cutInLine', afterTokens: 2 } }],
    ['ok', { tokenDelayMs: 5 }],
    ['ok', { headerDelayMs: 20 }],
    ['ok', { psLies: { adds: ['tiny'] } }],
  ])('%s: %j', async (expected, faults) => {
    const fake = await start()
    await fake.set(faults)
    const summary = await check(fake.url, { clients: 4, silenceMs: 1_500 })
    expect(summary.classes).toEqual(allAre(expected, 4))
    await fake.set({})
    expect((await check(fake.url)).classes).toEqual(allAre('ok', 4))
  })

  test('a dead runner breaks a stream with an error object and fails a whole answer', async () => {
    const fake = await start()
    await fake.set({ answer: { type: 'error', afterTokens: 2, error: 'unexpected EOF' } })
    expect((await check(fake.url)).classes).toMatchObject({ broken: 2, failed: 2 })
  })

  test('a stall after two tokens truncates a stream and fails a whole answer', async () => {
    const fake = await start()
    await fake.set({ answer: { type: 'stall', afterTokens: 2 } })
    const summary = await check(fake.url, { clients: 4, silenceMs: 1_500 })
    expect(summary.classes).toMatchObject({ truncated: 2, failed: 2 })
  })

  test('a process that dies cuts what runs and answers nothing after', async () => {
    const fake = await start()
    await fake.set({ answer: { type: 'processDies', afterTokens: 3 } })
    const { classes } = await check(fake.url, { clients: 1 })
    expect(classes).toMatchObject({ truncated: 1, failed: 3 })
  })

  test('errors by chance: as many as the journal says were struck', async () => {
    const fake = await start()
    await fake.set({ refuseSome: { probability: 0.3, seed: 5, status: 500, error: 'by chance' } })
    const { classes } = await check(fake.url, { requests: 60, clients: 8 })
    const struck = (await fake.requests()).filter(({ faults }) => faults.includes('refuseSome'))
    expect(classes.failed).toBeGreaterThan(5)
    expect(classes).toEqual({ ...allAre('ok', 60 - struck.length), failed: struck.length })
  })

  test('can be ended in the middle; what was open is not judged', async () => {
    const fake = await start()
    await fake.set({ holdAfterTokens: 1 })
    const ending = new AbortController()
    const running = check(fake.url, { clients: 4, signal: ending.signal })
    await until('all to be held', async () => (await fake.stats()).held === 4)
    ending.abort()
    expect((await running).answers).toBe(0)
    await until('the end of all', async () => (await fake.stats()).active === 0)
  })
})
