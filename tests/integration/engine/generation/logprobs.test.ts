import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'

interface Told {
  token: string
  logprob: number
  bytes: number[]
  top_logprobs?: Told[]
}

let engine: TestEngine

/** The template of the variant that thinks. */
const thinking = /TEMPLATE """([^]*?)"""/.exec(
  readFileSync('assets/pocket/Modelfile.think', 'utf8'),
)

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

const sky = {
  model: 'pocket',
  prompt: 'Why is the sky blue?',
  stream: false,
  logprobs: true,
  options: { num_predict: 12, temperature: 0 },
}
const toldOf = (answer: Record<string, unknown>) => (answer['logprobs'] ?? []) as Told[]

test('each token comes with its probability and the likeliest at its place', async () => {
  const answer = await engine.json('/api/generate', { ...sky, top_logprobs: 20 })
  const told = toldOf(answer)
  expect(told).toHaveLength(12)
  expect(told.map(({ token }) => token).join('')).toBe(answer['response'])
  for (const { token, logprob, bytes, top_logprobs: top = [] } of told) {
    expect(bytes).toEqual([...Buffer.from(token)])
    expect(top).toHaveLength(20)
    expect(top[0]).toEqual({ token, logprob, bytes }) // the greedy choice is the likeliest
    const values = top.map((other) => other.logprob)
    expect(values).toEqual(values.toSorted((a, b) => b - a))
    const mass = values.reduce((sum, value) => sum + Math.exp(value), 0)
    expect(mass).toBeGreaterThan(0.3)
    expect(mass).toBeLessThan(1 + 1e-6)
  }
})

test('the values are those of the model, before temperature and filters', async () => {
  const greedy = toldOf(await engine.json('/api/generate', sky))
  const options = { ...sky.options, temperature: 3, top_k: 1 }
  expect(toldOf(await engine.json('/api/generate', { ...sky, options }))).toEqual(greedy)
  expect(greedy[0]).not.toHaveProperty('top_logprobs')
})

test('a stream tells them with the text they belong to', async () => {
  const whole = toldOf(await engine.json('/api/generate', sky))
  const messages = [{ role: 'user', content: sky.prompt }]
  const lines = await engine.lines('/api/chat', { ...sky, messages, stream: true })
  expect(lines.flatMap(toldOf).map(({ token }) => token)).toEqual(whole.map(({ token }) => token))
  for (const line of lines.slice(0, -1)) {
    const { content } = line['message'] as { content: string }
    expect(
      toldOf(line)
        .map(({ token }) => token)
        .join(''),
    ).toBe(content)
  }
})

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', required: ['city'], properties: { city: { type: 'string' } } },
  },
}

test('a call that is held back tells each of its tokens when it is made', async () => {
  const messages = [{ role: 'user', content: 'What is the weather in Paris?' }]
  const options = { temperature: 0, num_predict: 60 }
  const asked = { ...sky, messages, tools: [weather], options }
  const lines = await engine.lines('/api/chat', { ...asked, stream: true })
  const before = lines.findIndex(({ message }) => 'tool_calls' in (message as object))
  expect(before).toBeGreaterThan(5)
  for (const line of lines.slice(0, before)) {
    expect(line['message']).toEqual({ role: 'assistant', content: '' })
    expect(toldOf(line)).toHaveLength(1)
  }
  const told = lines.flatMap(toldOf).map(({ token }) => token)
  expect(told).toEqual(toldOf(await engine.json('/api/chat', asked)).map(({ token }) => token))
})

test('the tags of a thought are told to a prompt, and not to a chat', async () => {
  const from = { model: 'pocket:logprobs', from: 'pocket', template: thinking?.[1], stream: false }
  expect(await engine.json('/api/create', from)).toEqual({ status: 'success' })
  const question = 'What is the capital of Peru?'
  const messages = [{ role: 'user', content: question }]
  const options = { temperature: 0, num_predict: 60 }
  const asked = { ...sky, model: from.model, prompt: question, messages, options, think: true }
  const toldIn = (told: Told[]) => told.map(({ token }) => token).join('')
  const completed = await engine.json('/api/generate', asked)
  expect(toldIn(toldOf(completed))).toContain('<think>')
  const chat = await engine.json('/api/chat', asked)
  const { content, thinking: thought } = chat['message'] as { content: string; thinking: string }
  expect(toldIn(toldOf(chat))).toBe(thought + content)
  const lines = await engine.lines('/api/chat', { ...asked, stream: true })
  expect(toldIn(lines.flatMap(toldOf))).toBe(thought + content)
})

test('tokens of a stop string are not told', async () => {
  const options = { temperature: 0, stop: [' made of many'] }
  const answer = await engine.json('/api/generate', { ...sky, options })
  const told = toldOf(answer)
  expect(answer).toMatchObject({ response: 'Sunlight is', done_reason: 'stop' })
  expect(told.map(({ token }) => token).join('')).toBe('Sunlight is')
})

test('without being asked for there are none', async () => {
  const answer = await engine.json('/api/generate', { ...sky, logprobs: false, top_logprobs: 3 })
  expect(answer).not.toHaveProperty('logprobs')
})

test.each([
  ['/api/generate', 21],
  ['/api/chat', -1],
])('%s refuses top_logprobs %i before it looks for the model', async (path, count) => {
  const messages = [{ role: 'user', content: 'Hi' }]
  const body = { model: 'nope', messages, prompt: 'Hi', top_logprobs: count }
  const response = await engine.post(path, body)
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({ error: 'top_logprobs must be between 0 and 20' })
})
