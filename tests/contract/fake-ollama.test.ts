import { afterEach, describe, expect, test } from 'vitest'
import { type FakeOllama, type FakeOptions, startFakeOllama } from '../support/fake-ollama/start.ts'
import { MarkedProcess } from '../support/marked-process.ts'
import { n24 } from '../support/n24.ts'
import { allProcesses } from '../support/process-tree.ts'
import {
  connectRaw,
  headerOf,
  type RawConnection,
  type RawPiece,
  rawRequest,
} from '../support/raw-http.ts'
import { until } from '../support/until.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function start(options: FakeOptions = {}): Promise<FakeOllama> {
  const fake = await startFakeOllama(options)
  cleanUps.push(fake.stop)
  return fake
}

const chatBody = { model: 'tiny', messages: [{ role: 'user', content: 'hello' }] }

function chat(more: object = {}) {
  return { path: '/api/chat', body: JSON.stringify({ ...chatBody, ...more }) }
}

/** A connection on which the request is sent, closed after the test. */
async function open(fake: FakeOllama, more: object = {}): Promise<RawConnection> {
  const connection = await connectRaw(fake.url)
  cleanUps.push(() => connection.socket.destroy())
  await connection.request(chat(more))
  return connection
}

/** The streamed lines of an answer as JSON; those that are not JSON as they are. */
function linesOf(body: Buffer): unknown[] {
  const lines = body.toString().split('\n')
  return lines.filter((line) => line !== '').map(parsed)
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return line
  }
}

async function whole(fake: FakeOllama, more: object = {}): Promise<Record<string, unknown>> {
  const { body } = await rawRequest(fake.url, chat({ stream: false, ...more }))
  return JSON.parse(body.toString()) as Record<string, unknown>
}

async function loaded(fake: FakeOllama): Promise<string[]> {
  const { body } = await rawRequest(fake.url, { path: '/api/ps' })
  return (JSON.parse(body.toString()) as { models: { name: string }[] }).models.map(
    ({ name }) => name,
  )
}

describe('a healthy fake', () => {
  test('makes as many tokens as it was told, one line and one chunk each', async () => {
    const fake = await start({ answerTokens: 5 })
    const answer = await rawRequest(fake.url, chat())
    expect(answer.pieces.length).toBe(6)
    expect(answer.pieces.every(({ bytes }) => bytes.toString().endsWith('}\n'))).toBe(true)
    expect(linesOf(answer.body).at(-1)).toMatchObject({ done: true, eval_count: 5 })
    expect(await fake.stats()).toMatchObject({ tokensMade: 5, tokensWritten: 5, active: 0 })
  })

  test('spaces tokens by the interval, and counts load and prompt in its durations', async () => {
    const models = [{ name: 'tiny', loadMs: 60, prefillMs: 10 }]
    const fake = await start({ models, answerTokens: 4, tokenIntervalMs: 20 })
    const counters = await whole(fake)
    expect(counters['load_duration']).toBeGreaterThanOrEqual(59e6)
    expect(counters['prompt_eval_duration']).toBeGreaterThanOrEqual(59e6)
    expect(counters['eval_duration']).toBeGreaterThanOrEqual(79e6)
    expect(counters['total_duration']).toBeGreaterThanOrEqual(198e6)
  })

  test('goes on from any point of an answer as it would have gone on itself', async () => {
    const fake = await start({ answerTokens: 12 })
    const options = { temperature: 0 }
    const { message } = (await whole(fake, { options })) as { message: { content: string } }
    const debug = await whole(fake, { _debug_render_only: true })
    const { rendered_template: prompt } = debug['_debug_info'] as { rendered_template: string }
    for (let cut = 0; cut < message.content.length; cut++) {
      if (message.content[cut] !== ' ') continue
      const soFar = prompt + message.content.slice(0, cut)
      const body = { model: 'tiny', prompt: soFar, raw: true, stream: false, options }
      const request = { path: '/api/generate', body: JSON.stringify(body) }
      const rest = JSON.parse((await rawRequest(fake.url, request)).body.toString())
      expect(rest.response).toBe(message.content.slice(cut))
    }
  })

  test('indexed tokens tell their place, by model or for all, and go on from a text so far', async () => {
    const models = [{ name: 'tiny' }, { name: 'wordy', tokens: 'words' as const }]
    const fake = await start({ models, tokens: 'indexed', answerTokens: 4 })
    expect(await whole(fake)).toMatchObject({ message: { content: 't0 t1 t2 t3' } })
    expect(await whole(fake, { model: 'wordy' })).toMatchObject({
      message: { content: expect.not.stringContaining('t1') },
    })
    const { _debug_info: debug } = (await whole(fake, { _debug_render_only: true })) as {
      _debug_info: { rendered_template: string }
    }
    const body = { model: 'tiny', prompt: `${debug.rendered_template}t0 t1`, raw: true }
    const request = { path: '/api/generate', body: JSON.stringify({ ...body, stream: false }) }
    const rest = JSON.parse((await rawRequest(fake.url, request)).body.toString())
    expect(rest.response).toBe(' t2 t3')
  })

  test('records what was asked, with headers and body as they came', async () => {
    const fake = await start()
    const headers = [['X-Odd-Case', 'Kept']] as const
    await rawRequest(fake.url, { ...chat(), path: '/api/chat?a=1', headers })
    const [request] = await fake.requests()
    expect(request).toMatchObject({ method: 'POST', target: '/api/chat?a=1', outcome: 'answered' })
    expect(request).toMatchObject({ status: 200, body: chat().body })
    expect(request?.headers).toContainEqual(['X-Odd-Case', 'Kept'])
  })

  test('makes tokens no faster than the client reads', async () => {
    const fake = await start({ answerTokens: 1_000_000 })
    const connection = await open(fake)
    connection.socket.pause()
    let before = -1
    const made = await until(
      'the stream to stand still',
      async () => {
        const { tokensMade } = await fake.stats()
        const isStill = tokensMade > 0 && tokensMade === before
        before = tokensMade
        return isStill ? tokensMade : undefined
      },
      { everyMs: 200 },
    )
    expect(made).toBeLessThan(200_000)
  })
})

describe('slots and queue', () => {
  test('answers one after the other in the order of coming when there is one slot', async () => {
    const fake = await start({ parallel: 1 })
    await fake.set({ holdAfterTokens: 1 })
    const connections: RawConnection[] = []
    for (let i = 1; i <= 3; i++) {
      connections.push(await open(fake))
      await until('it to come', async () => (await fake.stats()).requests === i)
    }
    await until('a held answer', async () => (await fake.stats()).held === 1)
    await fake.set({})
    await Promise.all(connections.map((connection) => connection.answer()))
    const stats = await fake.stats()
    expect(stats).toMatchObject({ generatingMax: 1, tokensMade: 24, loads: 1 })
    expect((await fake.requests()).map(({ doneAs }) => doneAs)).toEqual([1, 2, 3])
  })

  test('answers as many at once as there are slots', async () => {
    const fake = await start({ parallel: 2 })
    await fake.set({ holdAfterTokens: 1 })
    for (let i = 0; i < 3; i++) await open(fake)
    await until('two held answers', async () => (await fake.stats()).held === 2)
    expect((await fake.stats()).tokensMade).toBe(2)
  })

  test('answers 503 when too many wait for loads, and a load ends with its client', async () => {
    const models = [{ name: 'tiny', loadMs: 600_000 }]
    const fake = await start({ models, maxQueue: 1 })
    const loading = await open(fake)
    await until('the first', async () => (await fake.stats()).requests === 1)
    const queued = await open(fake)
    await until('the second', async () => (await fake.stats()).requests === 2)
    const refused = await rawRequest(fake.url, chat())
    expect(refused.status).toBe(503)
    const error = 'server busy, please try again.  maximum pending requests exceeded'
    expect(linesOf(refused.body)).toEqual([{ error }])
    loading.destroy()
    queued.destroy()
    await until('both gone', async () => (await fake.stats()).aborted === 2)
    expect(await fake.stats()).toMatchObject({ loads: 0, active: 0 })
  })

  test('lets a model go after keep_alive, at once on unload, and for another when full', async () => {
    const fake = await start({ models: [{ name: 'tiny' }, { name: 'other' }], maxLoaded: 1 })
    await whole(fake, { keep_alive: 0.05 })
    await until('the model to be gone', async () => (await loaded(fake)).length === 0)
    await whole(fake)
    expect(await loaded(fake)).toEqual(['tiny:latest'])
    await whole(fake, { model: 'other' })
    expect(await loaded(fake)).toEqual(['other:latest'])
    expect(await whole(fake, { model: 'other', messages: [], keep_alive: 0 })).toMatchObject({
      done_reason: 'unload',
    })
    expect(await loaded(fake)).toEqual([])
    expect(await fake.stats()).toMatchObject({ loads: 3, unloads: 3 })
  })

  test('loads anew for another context size, and not for the same', async () => {
    const fake = await start()
    await whole(fake, { options: { num_ctx: 512 } })
    await whole(fake, { options: { num_ctx: 512, temperature: 0 } })
    expect((await fake.stats()).loads).toBe(1)
    await whole(fake)
    expect((await fake.stats()).loads).toBe(2)
  })
})

describe('a client that leaves', () => {
  test.each([
    ['in the prompt', [{ name: 'tiny', prefillMs: 60_000 }], undefined],
    ['in the answer', [{ name: 'tiny' }], 2],
    ['in the load', [{ name: 'tiny', loadMs: 60_000 }], undefined],
  ] as const)('%s stops the work for it', async (_where, models, holdAfterTokens) => {
    const fake = await start({ models, parallel: 1 })
    if (holdAfterTokens !== undefined) await fake.set({ holdAfterTokens })
    const connection = await open(fake)
    await until('the request', async () => {
      const { active, held } = await fake.stats()
      return active === 1 && (holdAfterTokens === undefined || held === 1)
    })
    connection.destroy()
    await until('the end of it', async () => (await fake.stats()).active === 0)
    expect(await fake.stats()).toMatchObject({ aborted: 1, held: 0 })
    expect((await fake.requests()).at(-1)).toMatchObject({ outcome: 'aborted' })
  })
})

describe('switched faults', () => {
  test('hold: a token reaches the client before the next one is made', async () => {
    const fake = await start({ answerTokens: 4 })
    await fake.set({ holdAfterTokens: 1 })
    const connection = await open(fake)
    const pieces = connection.pieces(await connection.head())
    expect(((await pieces.next()).value as RawPiece).bytes.toString()).toMatch(/"done":false\}\n$/)
    expect(await fake.stats()).toMatchObject({ tokensMade: 1, held: 1 })
    await fake.release(1)
    await pieces.next()
    expect((await fake.stats()).tokensMade).toBe(2)
    await fake.release()
    let rest = await pieces.next()
    while (rest.done !== true) rest = await pieces.next()
    expect(rest.value).toBe(true)
    expect((await fake.stats()).tokensMade).toBe(4)
  })

  test('refused connections: the port is closed, idle connections too, and opens again', async () => {
    const fake = await start()
    const idle = await connectRaw(fake.url)
    await idle.request({ path: '/' })
    await idle.answer()
    await fake.set({ refuseConnections: true })
    expect(await idle.idle(5_000)).toBe('closed')
    await expect(connectRaw(fake.url)).rejects.toThrow('ECONNREFUSED')
    await fake.set({})
    expect((await rawRequest(fake.url, { path: '/' })).status).toBe(200)
  })

  test('hang: requests are taken and answered only when it is over', async () => {
    const fake = await start()
    await fake.set({ hang: 'all' })
    const connection = await connectRaw(fake.url)
    cleanUps.push(() => connection.socket.destroy())
    await connection.request({ path: '/api/version' })
    await until('it to be taken', async () => (await fake.stats()).active === 1)
    expect(await connection.idle(100)).toBe('open')
    await fake.set({})
    expect((await connection.answer()).status).toBe(200)
  })

  test('hang of inference: the rest answers', async () => {
    const fake = await start()
    await fake.set({ hang: 'inference' })
    const connection = await open(fake)
    expect((await rawRequest(fake.url, { path: '/api/version' })).status).toBe(200)
    expect(await connection.idle(100)).toBe('open')
  })

  test('delayed header: nothing comes before its time', async () => {
    const fake = await start()
    await fake.set({ headerDelayMs: 150 })
    const startedMs = performance.now()
    const connection = await open(fake)
    await connection.head()
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(149)
  })

  test('refused requests: the next ones and no more', async () => {
    const fake = await start()
    await fake.set({ refuseNext: { times: 2, status: 500, error: 'no memory' } })
    const statuses: number[] = []
    for (let i = 0; i < 3; i++) statuses.push((await rawRequest(fake.url, chat())).status)
    expect(statuses).toEqual([500, 500, 200])
  })
})

describe('chance, slowness and lies', () => {
  test('refused with a probability: the same ones of a row for the same seed', async () => {
    const fake = await start()
    const row = async (seed: number) => {
      await fake.set({ refuseSome: { probability: 0.4, seed, status: 500, error: 'by chance' } })
      const statuses: number[] = []
      for (let i = 0; i < 24; i++) statuses.push((await rawRequest(fake.url, chat())).status)
      return statuses
    }
    const first = await row(7)
    expect(first).toContain(500)
    expect(first).toContain(200)
    expect(await row(7)).toEqual(first)
    expect(await row(8)).not.toEqual(first)
    const struck = (await fake.requests()).filter(({ faults }) => faults.includes('refuseSome'))
    expect(struck.every(({ status }) => status === 500)).toBe(true)
    expect(struck).toHaveLength((await fake.requests()).filter((r) => r.status === 500).length)
  })

  test('slow: every token takes so much longer', async () => {
    const fake = await start({ answerTokens: 3 })
    await fake.set({ tokenDelayMs: 20 })
    expect((await whole(fake))['eval_duration']).toBeGreaterThanOrEqual(59e6)
    expect((await fake.requests())[0]?.faults).toEqual(['tokenDelayMs'])
  })

  test('lies about what is loaded: leaves out what is, adds what is not', async () => {
    const fake = await start({ models: [{ name: 'tiny' }, { name: 'other' }] })
    await whole(fake)
    expect(await loaded(fake)).toEqual(['tiny:latest'])
    await fake.set({ psLies: { adds: ['other'], hides: ['tiny:latest'] } })
    expect(await loaded(fake)).toEqual(['other:latest'])
    expect((await fake.stats()).loads).toBe(1)
    await fake.set({})
    expect(await loaded(fake)).toEqual(['tiny:latest'])
    expect((await fake.requests()).map(({ faults }) => faults)).toEqual([[], [], ['psLies'], []])
  })
})

describe('faults of an answer', () => {
  test.each([
    ['wrongToken', 't0 t1 u2 t3 t4'],
    ['repeatToken', 't0 t1 t2 t2 t3'],
    ['skipToken', 't0 t1 t3 t4 t5'],
    ['swapTokens', 't0 t1 t3 t2 t4'],
  ] as const)('%s: streamed and whole, every line well formed', async (type, text) => {
    const fake = await start({ answerTokens: 5, tokens: 'indexed' })
    await fake.set({ answer: { type, afterTokens: 2 } })
    expect(await whole(fake)).toMatchObject({ message: { content: text }, done: true })
    const lines = linesOf((await rawRequest(fake.url, chat())).body) as {
      message: { content: string }
    }[]
    expect(lines.map(({ message }) => message.content).join('')).toBe(text)
    expect((await fake.requests()).map(({ faults }) => faults)).toEqual([[type], [type]])
  })

  test('wrong bytes: one line of a stream, and a whole answer, are not UTF-8', async () => {
    const fake = await start({ answerTokens: 3, tokens: 'indexed' })
    await fake.set({ answer: { type: 'wrongBytes', afterTokens: 1 } })
    const { pieces } = await rawRequest(fake.url, chat())
    const isUtf8 = pieces.map(({ bytes }) => !bytes.includes(0xff))
    expect(isUtf8).toEqual([true, false, true, true])
    const { body } = await rawRequest(fake.url, chat({ stream: false }))
    expect(body.includes(0xff)).toBe(true)
  })

  test.each([
    [0, true],
    [2, true],
    [0, false],
  ])(
    'stall after %i tokens, stream %s: headers come, the rest when it is over',
    async (afterTokens, stream) => {
      const fake = await start({ answerTokens: 3 })
      await fake.set({ answer: { type: 'stall', afterTokens } })
      const connection = await open(fake, { stream })
      const head = await connection.head()
      expect(head.status).toBe(200)
      await until('it to stall', async () => (await fake.requests())[0]?.faults.includes('stall'))
      expect(await fake.stats()).toMatchObject({ active: 1, tokensMade: afterTokens })
      await fake.set({})
      const pieces = connection.pieces(head)
      let next = await pieces.next()
      while (next.done !== true) next = await pieces.next()
      expect(next.value).toBe(true)
      expect((await fake.stats()).tokensMade).toBe(3)
    },
  )

  test('dead process: what was written arrives, then nothing answers', async () => {
    const fake = await start()
    await fake.set({ answer: { type: 'processDies', afterTokens: 2 } })
    const answer = await rawRequest(fake.url, chat())
    expect(answer).toMatchObject({ status: 200, isWhole: false })
    expect(linesOf(answer.body).length).toBe(2)
    await until('the port to be closed', () =>
      connectRaw(fake.url).then(
        (connection) => connection.destroy(),
        (error: unknown) => String(error).includes('ECONNREFUSED'),
      ),
    )
  })

  test.each([
    [0, 0],
    [3, 3],
  ])('cut after %i tokens: so many whole lines and no end', async (afterTokens, lines) => {
    const fake = await start()
    await fake.set({ answer: { type: 'cut', afterTokens } })
    const answer = await rawRequest(fake.url, chat())
    expect(answer.isWhole).toBe(false)
    expect(answer.status).toBe(lines === 0 ? 0 : 200)
    expect(linesOf(answer.body).length).toBe(lines)
    expect((await fake.requests())[0]).toMatchObject({ outcome: 'cut', tokensMade: afterTokens })
  })

  test('cut in a line: the last line is half', async () => {
    const fake = await start()
    await fake.set({ answer: { type: 'cutInLine', afterTokens: 2 } })
    const answer = await rawRequest(fake.url, chat())
    expect(answer.isWhole).toBe(false)
    expect(linesOf(answer.body)).toMatchObject([{ done: false }, { done: false }, /^\{"model/])
  })

  test('cut of a whole answer: fewer bytes than announced', async () => {
    const fake = await start()
    await fake.set({ answer: { type: 'cutInLine', afterTokens: 2 } })
    const answer = await rawRequest(fake.url, chat({ stream: false }))
    expect(answer).toMatchObject({ status: 200, framing: 'length', isWhole: false })
    expect(answer.body.length).toBeLessThan(Number(headerOf(answer, 'content-length')))
  })

  test('dead runner: the error line ends the stream, the model is listed, the next loads anew', async () => {
    const fake = await start()
    await fake.set({ answer: { type: 'runnerDies', afterTokens: 2 }, answerTimes: 1 })
    const answer = await rawRequest(fake.url, chat())
    const error = 'an error was encountered while running the model: unexpected EOF'
    expect(answer).toMatchObject({ status: 200, isWhole: true })
    expect(linesOf(answer.body)).toMatchObject([{ done: false }, { done: false }, { error }])
    expect(await loaded(fake)).toEqual(['tiny:latest'])
    expect(await whole(fake)).toMatchObject({ done: true })
    expect((await fake.stats()).loads).toBe(2)
  })

  test('dead runner: takes all its answers with it', async () => {
    const fake = await start({ parallel: 2, answerTokens: 3 })
    await fake.set({ holdAfterTokens: 1 })
    const bystander = await open(fake)
    await until('it to be held', async () => (await fake.stats()).held === 1)
    await fake.set({ answer: { type: 'runnerDies', afterTokens: 0 }, holdAfterTokens: 1 })
    const status = (await rawRequest(fake.url, chat({ stream: false }))).status
    expect(status).toBe(500)
    await fake.release()
    expect(linesOf((await bystander.answer()).body).at(-1)).toHaveProperty('error')
  })

  test('error before the first object: chunked JSON without a charset, with its status', async () => {
    const fake = await start()
    await fake.set({ answer: { type: 'error', afterTokens: 0, error: 'odd' } })
    const answer = await rawRequest(fake.url, chat())
    expect(answer).toMatchObject({ status: 500, framing: 'chunked', isWhole: true })
    expect(headerOf(answer, 'content-type')).toBe('application/json')
    expect(answer.body.toString()).toBe('{"error":"odd"}')
  })

  test('garbage and an oversize line come between, and the stream goes on', async () => {
    const fake = await start({ answerTokens: 2 })
    await fake.set({ answer: { type: 'garbage', afterTokens: 1 } })
    const garbled = linesOf((await rawRequest(fake.url, chat())).body)
    expect(garbled).toMatchObject([{}, 'this is not JSON', {}, { done: true }])
    await fake.set({ answer: { type: 'oversizeLine', afterTokens: 1, sizeBytes: 3_000_000 } })
    const { pieces } = await rawRequest(fake.url, chat())
    expect(pieces[1]?.bytes.length).toBeGreaterThan(3_000_000)
    expect(pieces.length).toBe(4)
  })

  test('missing end: the stream closes cleanly without its last object', async () => {
    const fake = await start()
    await fake.set({ answer: { type: 'noTerminator', afterTokens: 2 } })
    const answer = await rawRequest(fake.url, chat())
    expect(answer).toMatchObject({ status: 200, isWhole: true })
    expect(linesOf(answer.body)).toMatchObject([{ done: false }, { done: false }])
    expect(await whole(fake)).toMatchObject({ done: false })
  })
})

describe('its process', () => {
  test('ends with stop, and with kill in the middle of an answer', async () => {
    const stopped = await startFakeOllama()
    await stopped.stop()
    await stopped.stop()
    await expect(connectRaw(stopped.url)).rejects.toThrow('ECONNREFUSED')
    const killed = await start()
    await killed.set({ holdAfterTokens: 1 })
    const connection = await open(killed)
    await until('a held answer', async () => (await killed.stats()).held === 1)
    await killed.kill()
    expect((await connection.answer()).isWhole).toBe(false)
    await expect(killed.stats()).rejects.toThrow('gone')
  })

  test('ends when whoever started it is killed', async () => {
    const door = new URL('../support/fake-ollama/start.ts', import.meta.url).href
    const script = `import { startFakeOllama } from '${door}'
      console.log((await startFakeOllama()).pid)`
    const starter = new MarkedProcess({
      command: n24,
      args: ['--input-type=module', '-e', script],
    })
    cleanUps.push(() => starter.destroy())
    const pid = Number((await starter.saw(/^\d+$/m))[0])
    expect((await allProcesses()).some((one) => one.pid === pid)).toBe(true)
    await starter.remember()
    starter.signal('SIGKILL')
    await starter.assertNothingLeft()
  })

  test('tells why it could not start', async () => {
    const taken = await start()
    await expect(startFakeOllama({ port: taken.port })).rejects.toThrow('EADDRINUSE')
  })
})
