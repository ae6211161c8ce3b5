import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type FakeOllama,
  type FakeOptions,
  startFakeOllama,
} from '../../support/fake-ollama/start.ts'
import {
  connectRaw,
  type RawAnswer,
  type RawConnection,
  rawRequest,
} from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { answerJson } from './scripted-upstream.ts'
import { type Bench, startBench, startEngine } from './setup.ts'

const busy = '{"error":"server busy, please try again.  maximum pending requests exceeded"}'
const path = '/api/generate'
const loaded = [{ name: 'tiny:latest', digest: 'd', expires_at: '' }]

async function startFake(options: FakeOptions = {}): Promise<FakeOllama> {
  const fake = await startFakeOllama({ models: [{ name: 'tiny' }], answerTokens: 3, ...options })
  onTestFinished(fake.stop)
  return fake
}

/** A request that is told from the others by its prompt. */
function bodyOf(name: string): string {
  return JSON.stringify({ model: 'tiny', prompt: name, stream: false })
}

/** Sends a request and leaves its answer for later. */
async function send(bench: Bench, name: string): Promise<RawConnection> {
  const connection = await connectRaw(bench.origin)
  onTestFinished(() => connection.destroy())
  await connection.request({ path, body: bodyOf(name) })
  return connection
}

const queued = ({ engines }: Bench) => engines.list()[0]?.queuedRequests
const untilQueued = (bench: Bench, count: number) =>
  until(`${count} in the queue`, () => queued(bench) === count)

/** Prompts in the order in which the engine got them. */
async function promptsAt(fake: FakeOllama): Promise<string[]> {
  return (await fake.requests()).map(({ body }) => String(JSON.parse(body).prompt))
}

const statuses = (answers: readonly RawAnswer[]) => answers.map(({ status }) => status)

test('S-004: with one slot held busy, 20 queued requests are answered in the order they came, and the depth returns to 0', async () => {
  const fake = await startFake({ parallel: 1 })
  const bench = await startBench([{ id: 'local', url: fake.url, loaded }], { door: { slots: 1 } })
  await fake.set({ holdAfterTokens: 1 })
  const names = Array.from({ length: 21 }, (_, i) => `request ${i}`)
  const connections: RawConnection[] = []
  for (const [i, name] of names.entries()) {
    connections.push(await send(bench, name))
    if (i === 0) await until('the slot to be busy', async () => (await fake.stats()).held === 1)
    await untilQueued(bench, i)
  }
  const report = await rawRequest(bench.origin, { path: '/api/v1/instances' })
  expect(JSON.parse(report.body.toString()).instances[0].queuedRequests).toBe(20)
  await fake.set({})
  const answers = await Promise.all(connections.map((connection) => connection.answer()))
  expect(statuses(answers)).toEqual(names.map(() => 200))
  expect(await promptsAt(fake)).toEqual(names)
  expect(queued(bench)).toBe(0)
})

describe('S-099: max_concurrent 4 and 200 clients', () => {
  test('never more than 4 are at the engine; who finds no room gets the 503 of Ollama', async () => {
    const fake = await startFake({ parallel: 100, tokenIntervalMs: 1 })
    const door = { slots: 4, waitingPerModelMax: 100 }
    const bench = await startBench([{ id: 'local', url: fake.url, loaded }], { door })
    await fake.set({ holdAfterTokens: 1 })
    const connections = await Promise.all(
      Array.from({ length: 200 }, (_, i) => send(bench, `request ${i}`)),
    )
    await untilQueued(bench, 100)
    await until('96 refusals', () => bench.logged('queue.refused').length === 96)
    await until('four to be held', async () => (await fake.stats()).held === 4)
    expect((await fake.stats()).requests).toBe(4)
    await fake.set({})
    const answers = await Promise.all(connections.map((connection) => connection.answer()))
    const refused = answers.filter(({ status }) => status !== 200)
    expect(new Set(statuses(refused))).toEqual(new Set([503]))
    expect(new Set(refused.map(({ body }) => body.toString()))).toEqual(new Set([busy]))
    expect(refused).toHaveLength(96)
    const { requests, generatingMax } = await fake.stats()
    expect([requests, generatingMax]).toEqual([104, 4])
  })

  test('50 that leave the queue free their places at once, and the engine never sees them', async () => {
    const fake = await startFake({ parallel: 100 })
    const door = { slots: 4, waitingPerModelMax: 60 }
    const bench = await startBench([{ id: 'local', url: fake.url, loaded }], { door })
    await fake.set({ holdAfterTokens: 1 })
    const first = await Promise.all(Array.from({ length: 4 }, (_, i) => send(bench, `first ${i}`)))
    await until('all slots to be busy', async () => (await fake.stats()).held === 4)
    const leaving = await Promise.all(
      Array.from({ length: 50 }, (_, i) => send(bench, `leaving ${i}`)),
    )
    await untilQueued(bench, 50)
    for (const connection of leaving) connection.destroy()
    await untilQueued(bench, 0)
    const last = await Promise.all(Array.from({ length: 60 }, (_, i) => send(bench, `last ${i}`)))
    await untilQueued(bench, 60)
    await fake.set({})
    const answers = await Promise.all([...first, ...last].map((connection) => connection.answer()))
    expect(new Set(statuses(answers))).toEqual(new Set([200]))
    const prompts = await promptsAt(fake)
    expect(prompts.filter((prompt) => prompt.startsWith('leaving'))).toEqual([])
    expect(prompts).toHaveLength(64)
  })
})

describe('the load of a model', () => {
  test('is asked for once, while the others wait without slots', async () => {
    const fake = await startFake({ models: [{ name: 'tiny', loadMs: 200 }], parallel: 4 })
    const bench = await startBench([{ id: 'local', url: fake.url }], { door: { slots: 4 } })
    const connections = await Promise.all(Array.from({ length: 8 }, (_, i) => send(bench, `${i}`)))
    await untilQueued(bench, 7)
    expect(bench.engines.door.counts()).toMatchObject([{ active: 1, queued: 7, isLoading: true }])
    const answers = await Promise.all(connections.map((connection) => connection.answer()))
    expect(new Set(statuses(answers))).toEqual(new Set([200]))
    expect((await fake.stats()).loads).toBe(1)
  })

  test('goes on when the client that began it leaves and another waits', async () => {
    const fake = await startFake()
    const bench = await startBench([{ id: 'local', url: fake.url }], { door: { slots: 4 } })
    await fake.set({ hang: 'inference' })
    const first = await send(bench, 'first')
    await until('the first at the engine', async () => (await fake.stats()).active === 1)
    const second = await send(bench, 'second')
    await untilQueued(bench, 1)
    first.destroy()
    await until('the end of the first', () => bench.logged('request.finished').length === 1)
    expect((await fake.stats()).aborted).toBe(0)
    await fake.set({})
    expect((await second.answer()).status).toBe(200)
    expect((await fake.stats()).loads).toBe(1)
    await until('nobody inside', () => bench.engines.door.counts().length === 0)
  })

  test('ends with its client where nobody waits', async () => {
    const fake = await startFake()
    const bench = await startBench([{ id: 'local', url: fake.url }], { door: { slots: 4 } })
    await fake.set({ hang: 'inference' })
    const first = await send(bench, 'first')
    await until('the first at the engine', async () => (await fake.stats()).active === 1)
    first.destroy()
    await until('the abort', async () => (await fake.stats()).aborted === 1)
    await until('nobody inside', () => bench.engines.door.counts().length === 0)
  })
})

test('S-065: a request that finds no room at one engine goes to the next', async () => {
  const fake = await startFake({ parallel: 1 })
  const other = await startEngine(({ response }) => answerJson(response, 200, '{"done":true}'))
  const bench = await startBench(
    [
      { id: 'local', url: fake.url, loaded },
      { id: 'other', url: other.url },
    ],
    { door: { slots: 1, waitingPerModelMax: 0 } },
  )
  await fake.set({ holdAfterTokens: 1 })
  await send(bench, 'first')
  await until('the slot to be busy', async () => (await fake.stats()).held === 1)
  expect((await rawRequest(bench.origin, { path, body: bodyOf('second') })).status).toBe(200)
  expect(other.received).toHaveLength(1)
})

test('S-065 (part: overflow): when more wait for the loaded engine than two for each slot, the next go to one that must load', async () => {
  const [favourite, spare] = [await startFake({ parallel: 1 }), await startFake({ parallel: 1 })]
  const models = [{ name: 'tiny:latest', digest: 'd', modified_at: '' }]
  const bench = await startBench(
    [
      { id: 'favourite', url: favourite.url, models, loaded },
      { id: 'spare', url: spare.url, models },
    ],
    { door: { slots: 2 } },
  )
  await Promise.all([favourite, spare].map((fake) => fake.set({ holdAfterTokens: 1 })))
  const connections: RawConnection[] = []
  for (let i = 0; i < 7; i++) connections.push(await send(bench, `favourite ${i}`))
  await untilQueued(bench, 5)
  connections.push(await send(bench, 'spare'))
  await until('the spare to be busy', async () => (await spare.stats()).held === 1)
  expect(queued(bench)).toBe(5)
  await Promise.all([favourite, spare].map((fake) => fake.set({})))
  const answers = await Promise.all(connections.map((connection) => connection.answer()))
  expect(new Set(statuses(answers))).toEqual(new Set([200]))
  expect(await promptsAt(spare)).toEqual(['spare'])
})

test('who is in an engine that hangs, or waits for it, goes to another as soon as that is known', async () => {
  const fake = await startFake()
  const other = await startEngine(({ response }) => answerJson(response, 200, '{"done":true}'))
  const models = [{ name: 'tiny:latest', digest: 'd', modified_at: '' }]
  const bench = await startBench(
    [
      { id: 'local', url: fake.url, models, loaded },
      { id: 'other', url: other.url, models },
    ],
    { door: { slots: 1 } },
  )
  await fake.set({ hang: 'inference' })
  const first = await send(bench, 'first')
  await until('the first at the engine', async () => (await fake.stats()).active === 1)
  const second = await send(bench, 'second')
  await untilQueued(bench, 1)
  bench.engines.set('local', { state: 'unhealthy' })
  expect((await first.answer()).status).toBe(200)
  expect((await second.answer()).status).toBe(200)
  expect(other.received).toHaveLength(2)
})

test('who is in an engine that is removed, or waits for it, goes to another', async () => {
  const fake = await startFake({ parallel: 1 })
  const other = await startEngine(({ response }) => answerJson(response, 200, '{"done":true}'))
  const bench = await startBench(
    [
      { id: 'local', url: fake.url, loaded },
      { id: 'other', url: other.url },
    ],
    { door: { slots: 1 } },
  )
  await fake.set({ holdAfterTokens: 1 })
  const first = await send(bench, 'first')
  await until('the slot to be busy', async () => (await fake.stats()).held === 1)
  const second = await send(bench, 'second')
  await untilQueued(bench, 1)
  bench.engines.remove('local')
  expect(statuses([await first.answer(), await second.answer()])).toEqual([200, 200])
  expect(other.received).toHaveLength(2)
})

test('who waits too long is answered 503', async () => {
  const fake = await startFake({ parallel: 1 })
  const door = { slots: 1, waitMs: 50 }
  const bench = await startBench([{ id: 'local', url: fake.url, loaded }], { door })
  await fake.set({ holdAfterTokens: 1 })
  await send(bench, 'first')
  await until('the slot to be busy', async () => (await fake.stats()).held === 1)
  const got = await rawRequest(bench.origin, { path, body: bodyOf('second') })
  expect(got.status).toBe(503)
  expect(got.body.toString()).toContain('server busy, please try again.  the request waited')
})

test('what is looked up, and a request to unload, needs no slot', async () => {
  const fake = await startFake({ parallel: 1 })
  const bench = await startBench([{ id: 'local', url: fake.url, loaded }], { door: { slots: 1 } })
  await fake.set({ holdAfterTokens: 1 })
  await send(bench, 'first')
  await until('the slot to be busy', async () => (await fake.stats()).held === 1)
  const show = await rawRequest(bench.origin, { path: '/api/show', body: '{"model":"tiny"}' })
  const unload = await rawRequest(bench.origin, { path, body: '{"model":"tiny","keep_alive":0}' })
  expect([show.status, unload.status]).toEqual([200, 200])
})
