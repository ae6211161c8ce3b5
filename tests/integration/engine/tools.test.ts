import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createModel } from '../../support/create-model.ts'
import { startTestEngine, type TestEngine } from './test-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
  await engine.makeThinker()
})
afterAll(() => engine.stop())

const question = 'What is the weather in Paris?'
const schema = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } }
const described = { name: 'get_weather', description: '', parameters: schema }
const weather = { type: 'function', function: described }
const model = 'pocket'

/** Data of the events of a stream, the word at the end left out. */
async function events(path: string, body: object): Promise<Record<string, unknown>[]> {
  const text = await (await engine.post(path, { ...body, stream: true })).text()
  const data = text.split('\n').filter((line) => line.startsWith('data: {'))
  return data.map((line) => JSON.parse(line.slice('data: '.length)) as Record<string, unknown>)
}

describe('S-035, S-051: a loop of tools to its end, on the built-in model', () => {
  const paris = { index: 0, name: 'get_weather', arguments: { city: 'Paris' } }

  test('in the native API, whole and streamed', async () => {
    const messages = [{ role: 'user', content: question }]
    const chat = { model, messages, tools: [weather] }
    const whole = await engine.json('/api/chat', { ...chat, stream: false })
    const id = expect.stringMatching(/^call_[a-z0-9]{8}$/)
    const calls = [{ id, function: paris }]
    expect(whole['message']).toEqual({ role: 'assistant', content: '', tool_calls: calls })
    const lines = await engine.lines('/api/chat', chat)
    const said = lines.map(({ message }) => message as { content: string; tool_calls?: unknown })
    expect(said.flatMap(({ tool_calls: made = [] }) => made)).toEqual(calls)
    expect(said.map(({ content }) => content).join('')).toBe('')
    const result = { role: 'tool', content: 'sunny' }
    const after = { ...chat, messages: [...messages, whole['message'], result], stream: false }
    const answer = await engine.json('/api/chat', after)
    expect(answer).toMatchObject({ message: { content: 'It is sunny in Paris.' } })
  })

  test('in OpenAI’s chat', async () => {
    const messages = [{ role: 'user', content: question }]
    const chat = { model, messages, tools: [weather], temperature: 0 }
    const whole = await engine.json('/v1/chat/completions', chat)
    const [choice] = whole['choices'] as { message: { tool_calls: { id: string }[] } }[]
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        tool_calls: [
          {
            type: 'function',
            index: 0,
            function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
          },
        ],
      },
    })
    const chunks = await events('/v1/chat/completions', chat)
    const finish = chunks.map(({ choices }) => (choices as { finish_reason: unknown }[])[0])
    expect(finish.map((one) => one?.finish_reason)).toEqual([null, 'tool_calls'])
    const tool_call_id = choice?.message.tool_calls[0]?.id
    const answer = await engine.json('/v1/chat/completions', {
      ...chat,
      messages: [...messages, choice?.message, { role: 'tool', tool_call_id, content: 'rain' }],
    })
    expect(answer['choices']).toMatchObject([{ message: { content: 'It is raining in Paris.' } }])
  })

  test('in OpenAI’s responses', async () => {
    const tools = [{ type: 'function', ...described }]
    const request = { model, input: question, tools, temperature: 0 }
    const whole = await engine.json('/v1/responses', request)
    const [item] = whole['output'] as { call_id: string }[]
    const call = { type: 'function_call', name: 'get_weather', arguments: '{"city":"Paris"}' }
    expect(item).toMatchObject(call)
    const streamed = await events('/v1/responses', request)
    expect(streamed.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { output: [call] },
    })
    const input = [
      { role: 'user', content: question },
      item,
      { type: 'function_call_output', call_id: item?.call_id, output: 'snow' },
    ]
    const answer = await engine.json('/v1/responses', { ...request, input })
    expect(answer['output']).toMatchObject([{ content: [{ text: 'It is snowing in Paris.' }] }])
  })

  test('in Anthropic’s messages', async () => {
    const tools = [{ name: 'get_weather', input_schema: schema }]
    const asked = { role: 'user', content: question }
    const request = { model, max_tokens: 100, messages: [asked], tools, temperature: 0 }
    const whole = await engine.json('/v1/messages', request)
    const content = whole['content'] as { id: string }[]
    expect(whole).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'get_weather', input: { city: 'Paris' } }],
    })
    const streamed = await events('/v1/messages', request)
    const types = streamed.map(({ type }) => type)
    const block = ['content_block_start', 'content_block_delta', 'content_block_stop']
    expect(types).toEqual(['message_start', ...block, 'message_delta', 'message_stop'])
    const result = { type: 'tool_result', tool_use_id: content[0]?.id, content: 'cloudy' }
    const messages = [asked, { role: 'assistant', content }, { role: 'user', content: [result] }]
    const answer = await engine.json('/v1/messages', { ...request, messages })
    expect(answer['content']).toMatchObject([{ type: 'text', text: 'It is cloudy in Paris.' }])
  })

  test('with the Jinja template of the weights file', async () => {
    const parameters = { temperature: 0, stop: ['<|end|>'] }
    await createModel(engine.modelDir, 'jinja', 'assets/pocket/pocket.gguf', { parameters })
    const shown = await engine.json('/api/show', { model: 'jinja' })
    expect(shown['capabilities']).toEqual(['completion', 'tools'])
    const messages = [{ role: 'user', content: question }]
    const chat = { model: 'jinja', messages, tools: [weather], stream: false }
    const called = await engine.json('/api/chat', chat)
    expect(called).toMatchObject({ message: { content: '', tool_calls: [{ function: paris }] } })
    const result = { role: 'tool', content: 'rain' }
    const after = { ...chat, messages: [...messages, called['message'], result] }
    const answer = await engine.json('/api/chat', after)
    expect(answer).toMatchObject({ message: { content: 'It is raining in Paris.' } })
  })

  test('a question that needs no tool is answered', async () => {
    const messages = [{ role: 'user', content: 'What does a cat say?' }]
    const answer = await engine.json('/api/chat', {
      model,
      messages,
      tools: [weather],
      stream: false,
    })
    expect(answer).toMatchObject({ message: { content: expect.stringContaining('meow') } })
  })
})

describe('S-035, S-051: thoughts of the built-in model', () => {
  const messages = [{ role: 'user', content: 'What is the capital of Peru?' }]
  const chat = { model: 'pocket:think', messages }

  test('are parted from the answer, whole and streamed alike', async () => {
    const whole = await engine.json('/api/chat', { ...chat, stream: false })
    const message = whole['message'] as { content: string; thinking: string }
    expect(message.thinking).toContain('Peru')
    expect(message.content).toContain('Lima')
    const lines = await engine.lines('/api/chat', chat)
    const said = lines.map((line) => line['message'] as { content: string; thinking?: string })
    expect(said.map(({ thinking = '' }) => thinking).join('')).toBe(message.thinking)
    expect(said.map(({ content }) => content).join('')).toBe(message.content)
    expect(`${message.thinking}${message.content}`).not.toContain('think>')
  })

  test('think: false goes without', async () => {
    const answer = await engine.json('/api/chat', { ...chat, think: false, stream: false })
    expect(answer['message']).not.toHaveProperty('thinking')
    expect(answer).toMatchObject({ message: { content: expect.stringContaining('Lima') } })
  })

  test('come before an answer that is bound to a form, and do not count to it', async () => {
    const format = {
      type: 'object',
      required: ['capital'],
      properties: { capital: { type: 'string', enum: ['Lima', 'Rome'] } },
    }
    const options = { num_predict: 200 }
    const whole = await engine.json('/api/chat', { ...chat, format, options, stream: false })
    const message = whole['message'] as { content: string; thinking: string }
    expect(message.thinking).toContain('Peru')
    expect(JSON.parse(message.content)).toHaveProperty('capital')
    const lines = await engine.lines('/api/chat', { ...chat, format, options })
    const said = lines.map((line) => line['message'] as { content: string })
    expect(said.map(({ content }) => content).join('')).toBe(message.content)
    expect(whole['eval_count']).toBeGreaterThan(10)
  })

  test('are reasoning in OpenAI’s chat, a block in Anthropic’s messages', async () => {
    const completion = await engine.json('/v1/chat/completions', { ...chat, temperature: 0 })
    expect(completion['choices']).toMatchObject([
      { message: { reasoning: expect.stringContaining('Peru') } },
    ])
    const thinking = { type: 'enabled' }
    const message = await engine.json('/v1/messages', { ...chat, max_tokens: 200, thinking })
    expect(message['content']).toMatchObject([{ type: 'thinking' }, { type: 'text' }])
  })
})
