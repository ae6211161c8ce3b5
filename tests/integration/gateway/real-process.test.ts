import { Ollama } from 'ollama'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type FakeOllama,
  type FakeOptions,
  startFakeOllama,
} from '../../support/fake-ollama/start.ts'
import { connectRaw, headerOf, rawRequest } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { startBench } from './setup.ts'

const generate = { path: '/api/generate', body: '{"model":"tiny","prompt":"hello"}' }
const diedLine = '{"error":"an error was encountered while running the model: unexpected EOF"}\n'

/** The fake Ollama, a process of its own that can be killed as the real one. */
async function startFake(options: FakeOptions = {}): Promise<FakeOllama> {
  const fake = await startFakeOllama({ models: [{ name: 'tiny' }], ...options })
  onTestFinished(fake.stop)
  return fake
}

describe('the npm client ollama, unmodified', () => {
  test('streams, whole answers, embeddings, list and show', async () => {
    const fake = await startFake({ answerTokens: 5 })
    const tags = JSON.parse((await rawRequest(fake.url, { path: '/api/tags' })).body.toString())
    const { origin } = await startBench([{ id: 'local', url: fake.url, models: tags.models }])
    const client = new Ollama({ host: origin })
    const messages = [{ role: 'user', content: 'hello' }]
    const whole = await client.chat({ model: 'tiny', messages })
    expect(whole.done).toBe(true)
    let streamed = ''
    const pieces = []
    for await (const part of await client.chat({ model: 'tiny', messages, stream: true })) {
      streamed += part.message.content
      pieces.push(part.done)
    }
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces.at(-1)).toBe(true)
    expect(streamed).not.toBe('')
    expect((await client.generate({ model: 'tiny', prompt: 'hello' })).response).not.toBe('')
    expect((await client.embed({ model: 'tiny', input: ['a', 'b'] })).embeddings).toHaveLength(2)
    expect((await client.list()).models.map(({ name }) => name)).toEqual(['tiny:latest'])
    expect((await client.show({ model: 'tiny' })).details).toBeDefined()
    await expect(client.show({ model: 'nobody' })).rejects.toThrow("model 'nobody' not found")
  })
})

describe('kill -9 of an engine', () => {
  test('in the middle of a stream: whole lines, then the error as the last line', async () => {
    const fake = await startFake({ answerTokens: 1_000 })
    await fake.set({ holdAfterTokens: 3 })
    const { origin } = await startBench([{ id: 'local', url: fake.url }])
    const connection = await connectRaw(origin)
    await connection.request(generate)
    await until('three tokens', async () => (await fake.stats()).tokensWritten === 3)
    const answer = connection.answer()
    await fake.kill()
    const { status, body, isWhole } = await answer
    expect([status, isWhole]).toEqual([200, true])
    const lines = body.toString().split(/(?<=\n)/)
    expect(lines).toHaveLength(4)
    expect(lines.at(-1)).toBe(diedLine)
    for (const text of lines.slice(0, -1)) expect(JSON.parse(text)).toMatchObject({ done: false })
    connection.destroy()
  })

  test('before the first byte: another engine answers; without one, status 500', async () => {
    const [first, second] = [await startFake(), await startFake({ answerTokens: 2 })]
    await first.set({ hang: 'inference' })
    const loaded = [{ name: 'tiny:latest', digest: 'd', expires_at: '' }]
    const { origin, engines } = await startBench([
      { id: 'first', url: first.url, loaded },
      { id: 'second', url: second.url },
    ])
    const answered = rawRequest(origin, generate)
    await until('the request', async () => (await first.stats()).active === 1)
    await first.kill()
    expect(headerOf(await answered, 'x-od-engine')).toBe('second')
    await second.set({ hang: 'inference' })
    engines.set('first', { state: 'stopped' })
    const failed = rawRequest(origin, generate)
    await until('the request', async () => (await second.stats()).active === 1)
    await second.kill()
    const { status, body } = await failed
    expect([status, `${body.toString()}\n`]).toEqual([500, diedLine])
  })

  test('S-081 (part: engines): under 64 streams before their first byte: every one is answered by the other', async () => {
    const loaded = [{ name: 'tiny:latest', digest: 'd', expires_at: '' }]
    const options = { answerTokens: 3, parallel: 64 }
    const [first, second] = [await startFake(options), await startFake(options)]
    await first.set({ hang: 'inference' })
    const { origin } = await startBench(
      [
        { id: 'first', url: first.url, loaded },
        { id: 'second', url: second.url, loaded },
      ],
      { strategy: 'round_robin', door: { slots: 64 } },
    )
    const answered = Array.from({ length: 64 }, () => rawRequest(origin, generate))
    await until('half of the requests', async () => (await first.stats()).active === 32)
    await first.kill()
    const answers = await Promise.all(answered)
    expect(answers.filter(({ body }) => !body.includes('"done":true'))).toEqual([])
    expect(new Set(answers.map((answer) => headerOf(answer, 'x-od-engine')))).toEqual(
      new Set(['second']),
    )
  })

  test('a runner that dies inside an Ollama: its own error goes through once', async () => {
    const fake = await startFake({ answerTokens: 10 })
    await fake.set({ answer: { type: 'runnerDies', afterTokens: 2 }, answerTimes: 1 })
    const { origin } = await startBench([{ id: 'local', url: fake.url }])
    const broken = (await rawRequest(origin, generate)).body.toString()
    expect(broken.endsWith(`\n${diedLine}`)).toBe(true)
    expect(broken.match(/"error"/g)).toHaveLength(1)
    const next = (await rawRequest(origin, generate)).body.toString()
    expect(next).toContain('"done":true')
  })
})

test('a client that leaves: the engine notices at once', async () => {
  const fake = await startFake({ answerTokens: 100_000, tokenIntervalMs: 1 })
  const { origin } = await startBench([{ id: 'local', url: fake.url }])
  const connection = await connectRaw(origin)
  await connection.request(generate)
  await connection.head()
  connection.destroy()
  await until('the abort', async () => (await fake.stats()).aborted === 1, { timeoutMs: 2_000 })
  expect((await fake.stats()).active).toBe(0)
})
