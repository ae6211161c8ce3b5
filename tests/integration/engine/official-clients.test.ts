import Anthropic, { NotFoundError as AnthropicNotFound } from '@anthropic-ai/sdk'
import OpenAI, { BadRequestError, NotFoundError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from './test-engine.ts'

let engine: TestEngine
let openai: OpenAI
let anthropic: Anthropic

beforeAll(async () => {
  engine = await startTestEngine()
  const common = { apiKey: 'none', maxRetries: 0 }
  openai = new OpenAI({ baseURL: `${engine.url}/v1`, ...common })
  anthropic = new Anthropic({ baseURL: engine.url, ...common })
})
afterAll(() => engine.stop())

const model = 'pocket'
const temperature = 0
const question = 'What is the weather in Paris?'
const parameters = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } }

describe('S-051: the official client of OpenAI, on the built-in model', () => {
  test('runs a loop of tools to its end by its own helper, streamed', async () => {
    const asked: unknown[] = []
    const get_weather = (given: { city: string }) => {
      asked.push(given)
      return 'rain'
    }
    const runner = openai.chat.completions.runTools({
      model,
      temperature,
      stream: true,
      messages: [{ role: 'user', content: question }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: '',
            parameters,
            function: get_weather,
            parse: JSON.parse,
          },
        },
      ],
    })
    expect(await runner.finalContent()).toBe('It is raining in Paris.')
    expect(asked).toEqual([{ city: 'Paris' }])
  })

  test('puts a streamed response together: a call, then a text', async () => {
    const tools = [{ type: 'function' as const, name: 'get_weather', strict: null, parameters }]
    const called = await openai.responses
      .stream({ model, temperature, input: question, tools })
      .finalResponse()
    expect(called.output).toMatchObject([{ type: 'function_call', arguments: '{"city":"Paris"}' }])
    const said = await openai.responses
      .stream({ model, temperature, input: 'What is the capital of Peru?' })
      .finalResponse()
    expect(said.output_text).toContain('Lima')
  })

  test('reads an answer bound to a schema', async () => {
    const schema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }
    const completion = await openai.chat.completions.parse({
      model,
      temperature,
      max_tokens: 60,
      messages: [{ role: 'user', content: 'What is 7 + 5?' }],
      response_format: { type: 'json_schema', json_schema: { name: 'sum', schema } },
    })
    const text = completion.choices[0]?.message.content ?? ''
    expect(JSON.parse(text)).toEqual({ n: expect.any(Number) })
  })

  test('gets vectors, lists and finds models, raises its own errors', async () => {
    const { data } = await openai.embeddings.create({ model, input: ['a', 'b'] })
    expect(data).toHaveLength(2)
    for (const { embedding } of data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 3)
    const names: string[] = []
    for await (const { id } of openai.models.list()) names.push(id)
    expect(names).toEqual(['pocket:latest'])
    expect((await openai.models.retrieve(model)).id).toBe(model)
    const messages = [{ role: 'user' as const, content: 'x' }]
    await expect(openai.chat.completions.create({ model: 'nope', messages })).rejects.toThrow(
      NotFoundError,
    )
    await expect(openai.chat.completions.create({ model, messages: [] })).rejects.toThrow(
      BadRequestError,
    )
    await expect(
      openai.chat.completions.create({ model: 'nope', messages, stream: true }),
    ).rejects.toThrow("model 'nope' not found")
  })

  test('leaves an answer, which then ends', async () => {
    const messages = [{ role: 'user' as const, content: 'Count to 90.' }]
    const stream = await openai.chat.completions.create({ model, messages, stream: true })
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break
    }
    const again = await openai.chat.completions.create({
      model,
      temperature,
      messages: [{ role: 'user', content: 'Hello!' }],
    })
    expect(again.choices[0]?.message.content).toContain('Hello')
  })
})

/**
 * Gives what ends the process that makes the answers; to be called as often as one likes. Which process it is, is asked before: the
 * whole answer takes the bundled model little longer than a question.
 */
async function killer(): Promise<() => void> {
  await engine.json('/api/generate', { model }) // has it loaded
  const { runners } = (await engine.json('/api/od/runners')) as { runners: { pid: number }[] }
  let isKilled = false
  return () => {
    if (isKilled) return
    isKilled = true
    for (const { pid } of runners) process.kill(pid, 'SIGKILL')
  }
}

describe('S-051: a runner that dies within a stream', () => {
  const messages = [{ role: 'user' as const, content: 'Tell me a long story.' }]
  const died = /an error was encountered while running the model/

  test('is an error that the client of OpenAI throws', async () => {
    const killFirst = await killer()
    const chat = await openai.chat.completions.create({ model, messages, stream: true })
    const chats = (async () => {
      for await (const { choices } of chat) if (choices[0]?.delta.content) killFirst()
    })()
    await expect(chats).rejects.toThrow(died)
    const killSecond = await killer()
    const response = await openai.responses.create({
      model,
      input: 'Tell me a long story.',
      stream: true,
    })
    const responses = (async () => {
      for await (const { type } of response) if (type.endsWith('text.delta')) killSecond()
    })()
    await expect(responses).rejects.toThrow(died)
  })

  test('is an error that the client of Anthropic throws', async () => {
    const kill = await killer()
    const stream = anthropic.messages.stream({ model, max_tokens: 400, messages })
    stream.on('text', () => kill())
    await expect(stream.finalMessage()).rejects.toThrow(died)
  })
})

describe('S-051: the official client of Anthropic, on the built-in model', () => {
  const tools = [{ name: 'get_weather', input_schema: { ...parameters, type: 'object' as const } }]

  test('puts a streamed message together: a call, then, with its result, a text', async () => {
    const asked = { role: 'user' as const, content: question }
    const request = { model, max_tokens: 100, temperature, tools }
    const called = await anthropic.messages.stream({ ...request, messages: [asked] }).finalMessage()
    expect(called).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'get_weather', input: { city: 'Paris' } }],
    })
    const [use] = called.content
    const tool_use_id = use?.type === 'tool_use' ? use.id : ''
    const messages = [
      asked,
      { role: 'assistant' as const, content: called.content },
      {
        role: 'user' as const,
        content: [{ type: 'tool_result' as const, tool_use_id, content: 'sunny' }],
      },
    ]
    const said = await anthropic.messages.stream({ ...request, messages }).finalText()
    expect(said).toBe('It is sunny in Paris.')
  })

  test('counts tokens, raises its own errors', async () => {
    const messages = [{ role: 'user' as const, content: 'Hello!' }]
    const { usage } = await anthropic.messages.create({ model, max_tokens: 20, messages })
    expect(usage.input_tokens).toBeGreaterThan(1)
    expect(usage.output_tokens).toBeGreaterThan(1)
    await expect(
      anthropic.messages.create({ model: 'nope', max_tokens: 9, messages }),
    ).rejects.toThrow(AnthropicNotFound)
  })
})
