import { afterEach, describe, expect, test } from 'vitest'
import { type FakeOllama, type FakeOptions, startFakeOllama } from '../support/fake-ollama/start.ts'
import { type RawAnswer, rawRequest } from '../support/raw-http.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function start(options: FakeOptions = {}): Promise<FakeOllama> {
  const models = [{ name: 'tiny', capabilities: ['completion', 'tools'] as const }]
  const fake = await startFakeOllama({ models, tokens: 'indexed', answerTokens: 4, ...options })
  cleanUps.push(fake.stop)
  return fake
}

const messages = [{ role: 'user', content: 'hello' }]

/** The three ways to have a conversation beside the native one. */
const conversations = [
  { path: '/v1/chat/completions', body: { model: 'tiny', messages } },
  { path: '/v1/responses', body: { model: 'tiny', input: 'hello' } },
  { path: '/v1/messages', body: { model: 'tiny', max_tokens: 100, messages } },
] as const
type Conversation = (typeof conversations)[number]

function ask(fake: FakeOllama, { path, body }: Conversation, more: object): Promise<RawAnswer> {
  return rawRequest(fake.url, { path, body: JSON.stringify({ ...body, ...more }) })
}

/** What stands at the end of a whole stream, and only there. */
const endMarks = {
  '/v1/chat/completions': 'data: [DONE]',
  '/v1/responses': 'event: response.completed',
  '/v1/messages': 'event: message_stop',
} as const

/** The tokens in their order, wherever in the events they stand. */
function tokensIn(text: string): string[] {
  return [...text.matchAll(/"(?:content|delta|text)":"( ?t\d+)"/g)].map(([, token = '']) => token)
}

const weather = {
  name: 'get_weather',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Paris', 'Rome'] } },
    required: ['city'],
  },
}

describe('the fake speaks the OpenAI and Anthropic APIs', () => {
  test.each(conversations)(
    '$path streams every token once, in order, and marks its end',
    async (kind) => {
      const fake = await start()
      const answer = await ask(fake, kind, { stream: true })
      const text = answer.body.toString()
      expect(answer.isWhole).toBe(true)
      expect(tokensIn(text).slice(0, 4)).toEqual(['t0', ' t1', ' t2', ' t3'])
      expect(text).toContain(endMarks[kind.path])
    },
  )

  test.each(conversations)('$path tells the whole answer when it is not streamed', async (kind) => {
    const fake = await start()
    const answer = await ask(fake, kind, {})
    expect(answer.status).toBe(200)
    expect(answer.body.toString()).toContain('"t0 t1 t2 t3"')
  })

  test('/v1/completions goes on from a prompt, and tells the usage where that is asked for', async () => {
    const fake = await start()
    const body = {
      model: 'tiny',
      prompt: 'x',
      stream: true,
      stream_options: { include_usage: true },
    }
    const answer = await rawRequest(fake.url, {
      path: '/v1/completions',
      body: JSON.stringify(body),
    })
    const text = answer.body.toString()
    expect(tokensIn(text)).toEqual(['t0', ' t1', ' t2', ' t3'])
    expect(text).toContain('"completion_tokens":4')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('a tool is called when the user names it, and not when its result came', async () => {
    const fake = await start()
    const asked = [{ role: 'user', content: 'Use get_weather for Paris.' }]
    const tools = [{ type: 'function', function: weather }]
    const first = await whole(fake, '/api/chat', { messages: asked, tools })
    const [call] = (first as { message: { tool_calls: object[] } }).message.tool_calls
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: { city: 'Paris' } } })
    const told = [
      ...asked,
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_name: 'get_weather', content: 'rain' },
    ]
    const second = await whole(fake, '/api/chat', { messages: told, tools })
    expect(second).toMatchObject({ message: { role: 'assistant', content: 't0 t1 t2 t3' } })
  })

  test('a schema binds the answer, through references and alternatives', async () => {
    const fake = await start()
    const format = {
      type: 'object',
      $defs: { city: { type: 'object', properties: { name: { const: 'Rome' } } } },
      properties: {
        city: { $ref: '#/$defs/city' },
        tags: { type: 'array', items: { anyOf: [{ type: 'integer' }, { type: 'string' }] } },
      },
    }
    const answer = await whole(fake, '/api/chat', { messages, format })
    const { content } = (answer as { message: { content: string } }).message
    expect(JSON.parse(content)).toEqual({ city: { name: 'Rome' }, tags: [7] })
  })

  test('embeddings in base64 are the same vector as in numbers', async () => {
    const fake = await start()
    const body = { input: 'sea', dimensions: 4 }
    const numbers = await whole(fake, '/v1/embeddings', body)
    const packed = await whole(fake, '/v1/embeddings', { ...body, encoding_format: 'base64' })
    const vector = (numbers as { data: [{ embedding: number[] }] }).data[0].embedding
    const bytes = Buffer.from(
      (packed as { data: [{ embedding: string }] }).data[0].embedding,
      'base64',
    )
    expect(bytes).toHaveLength(16)
    vector.forEach((value, at) => expect(bytes.readFloatLE(at * 4)).toBeCloseTo(value, 6))
  })
})

describe('faults on those APIs', () => {
  test.each(conversations)(
    '$path: a dead runner ends the stream cleanly, without its mark',
    async (kind) => {
      const fake = await start()
      await fake.set({ answer: { type: 'runnerDies', afterTokens: 2 } })
      const answer = await ask(fake, kind, { stream: true })
      const text = answer.body.toString()
      expect(answer.isWhole).toBe(true)
      expect(tokensIn(text)).toEqual(['t0', ' t1'])
      expect(text).not.toContain(endMarks[kind.path])
      expect(text.includes('"model":""')).toBe(kind.path === '/v1/chat/completions')
    },
  )

  test.each(conversations)('$path: cut in the middle of an event', async (kind) => {
    const fake = await start()
    await fake.set({ answer: { type: 'cutInLine', afterTokens: 2 } })
    const answer = await ask(fake, kind, { stream: true })
    expect(answer.isWhole).toBe(false)
    expect(tokensIn(answer.body.toString())).toEqual(['t0', ' t1'])
    expect(answer.body.toString().endsWith('\n\n')).toBe(false)
  })

  test.each(conversations)('$path: a refusal is worded as the API words errors', async (kind) => {
    const fake = await start()
    await fake.set({ refuseNext: { times: 1, status: 503, error: 'busy' } })
    const answer = await ask(fake, kind, { stream: true })
    expect(answer.status).toBe(503)
    const isAnthropic = kind.path === '/v1/messages'
    const wording = isAnthropic
      ? { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }
      : { error: { message: 'busy', type: 'api_error', param: null, code: null } }
    expect(JSON.parse(answer.body.toString())).toMatchObject(wording)
  })
})

async function whole(fake: FakeOllama, path: string, more: object): Promise<object> {
  const body = JSON.stringify({ model: 'tiny', stream: false, ...more })
  const answer = await rawRequest(fake.url, { path, body })
  expect(answer.status).toBe(200)
  return JSON.parse(answer.body.toString()) as object
}
