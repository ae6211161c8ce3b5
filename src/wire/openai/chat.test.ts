import { describe, expect, test } from 'vitest'
import type { TranslationPorts } from '../translation.ts'
import { translateChat } from './chat.ts'

/** Tables after Ollama's own: openai/openai_test.go and middleware/openai_test.go. */
const ports: TranslationPorts = {
  wallMs: () => 1_795_445_472_900,
  randomInteger: () => 442,
  randomHex: (bytes) => 'ab'.repeat(bytes),
}
const user = { role: 'user', content: 'Hi' }
const translate = (body: object) =>
  translateChat(Buffer.from(JSON.stringify({ model: 'm', messages: [user], ...body })), ports)
const native = (body: object) => JSON.parse(translate(body).body) as Record<string, unknown>
const png = 'iVBORw0KGgo='

describe('the native request', () => {
  test('temperature and top_p are 1 unless given; the answer is whole', () => {
    expect(native({})).toEqual({
      model: 'm',
      messages: [
        {
          role: 'user',
          content: 'Hi',
          thinking: '',
          tool_name: '',
          tool_calls: [],
          tool_call_id: '',
        },
      ],
      options: { temperature: 1, top_p: 1 },
      stream: false,
      tools: [],
      top_logprobs: 0,
      _debug_render_only: false,
    })
  })

  test.each([
    [
      { max_tokens: 7, seed: 3, temperature: 0, top_p: 0.5 },
      { num_predict: 7, seed: 3, temperature: 0, top_p: 0.5 },
    ],
    [
      { frequency_penalty: 0.1, presence_penalty: 1 },
      { frequency_penalty: 0.1, presence_penalty: 1 },
    ],
    [{ stop: 'a' }, { stop: ['a'] }],
    [{ stop: ['a', 1, 'b'] }, { stop: ['a', 'b'] }],
  ])('%j', (body, options) => {
    expect(native(body)['options']).toMatchObject(options)
  })

  test.each([
    [{ response_format: { type: 'json_object' } }, 'json'],
    [
      { response_format: { type: ' JSON_Schema ', json_schema: { schema: { b: 1, a: '<' } } } },
      { b: 1, a: '<' },
    ],
    [{ response_format: { type: 'json_schema' } }, undefined],
    [{ response_format: { type: 'text' } }, undefined],
  ])('%j', (body, format) => {
    expect(native(body)['format']).toEqual(format)
  })

  test.each([
    [{ reasoning_effort: 'low' }, 'low'],
    [{ reasoning: { effort: 'none' }, reasoning_effort: 'high' }, false],
    [{ reasoning_effort: '' }, undefined],
  ])('%j', (body, think) => {
    expect(native(body)['think']).toBe(think)
  })

  test('each part of a message becomes a message of its own; calls go to the last', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
      { type: 'image_url', image_url: `data:;base64,${png}` },
      { type: 'input_audio', input_audio: { data: png } },
    ]
    const calls = [
      { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"b":1,"a":2}' } },
    ]
    const { messages } = native({ messages: [{ role: 'user', content, tool_calls: calls }] })
    expect(messages).toMatchObject([
      { content: 'a' },
      { images: [png] },
      { images: [png] },
      {
        images: [png],
        tool_calls: [{ id: 'c1', function: { name: 'f', arguments: { b: 1, a: 2 } } }],
      },
    ])
  })

  test('a result names its tool, or the call that it answers', () => {
    const call = (name: string) => ({ id: 'c1', function: { name, arguments: '{}' } })
    const { messages } = native({
      messages: [
        { role: 'assistant', tool_calls: [call('old')] },
        { role: 'assistant', tool_calls: [call('new')] },
        { role: 'tool', tool_call_id: 'c1', content: 'r' },
        { role: 'TOOL', name: 'own', tool_call_id: 'c1', content: 'r' },
      ],
    })
    expect(messages).toMatchObject([
      {},
      {},
      { tool_name: 'new', tool_call_id: 'c1' },
      { tool_name: 'own' },
    ])
  })
})

describe('refusals', () => {
  const withPart = (part: unknown) => ({ messages: [{ role: 'user', content: [part] }] })
  test.each([
    [{ messages: [] }, "[] is too short - 'messages'"],
    [{ messages: [{ role: 'user' }] }, 'invalid message content type: <nil>'],
    [{ messages: [{ role: 'user', content: 5 }] }, 'invalid message content type: float64'],
    [withPart('x'), 'invalid message format'],
    [withPart({ type: 'text', text: 1 }), 'invalid message format'],
    [withPart({ type: 'image_url' }), 'invalid message format'],
    [
      withPart({ type: 'image_url', image_url: 'http://x/y.png' }),
      'image URLs are not currently supported, please use base64 encoded data instead',
    ],
    [
      withPart({ type: 'image_url', image_url: 'data:image/gif;base64,AAAA' }),
      'invalid image input',
    ],
    [withPart({ type: 'input_audio' }), 'invalid input_audio format'],
    [
      withPart({ type: 'input_audio', input_audio: { data: '***' } }),
      'invalid input_audio base64 data: illegal base64 data at input byte 0',
    ],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ function: { arguments: '{' } }] }] },
      'invalid tool call arguments',
    ],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ function: { arguments: '[]' } }] }] },
      'invalid tool call arguments',
    ],
    [
      { temperature: 'hot' },
      'json: cannot unmarshal string into Go struct field ChatCompletionRequest.temperature of type float64',
    ],
    [
      { stream_options: 1 },
      'json: cannot unmarshal number into Go struct field ChatCompletionRequest.stream_options of type openai.StreamOptions',
    ],
    [
      { reasoning_effort: 'x' },
      `invalid reasoning value: 'x' (must be "high", "medium", "low", "max", or "none")`,
    ],
  ])('%j: %s', (body, message) => {
    expect(() => translate(body)).toThrow(message)
  })
})

describe('a whole answer', () => {
  const created_at = '2026-11-23T14:51:12.5Z'
  const message = { role: 'assistant', content: 'A <b>' }
  const ending = { done: true, done_reason: 'stop', prompt_eval_count: 15, eval_count: 3 }
  const answer = { model: 'm', created_at, message, ...ending }

  test('keys stand in the order of Ollama’s struct, a newline at the end', () => {
    expect(translate({}).whole(JSON.stringify(answer))).toBe(
      String.raw`{"id":"chatcmpl-442","object":"chat.completion","created":1795445472,"model":"m","system_fingerprint":"fp_ollama","choices":[{"index":0,"message":{"role":"assistant","content":"A \u003cb\u003e"},"finish_reason":"stop"}],"usage":{"prompt_tokens":15,"completion_tokens":3,"total_tokens":18}}` +
        '\n',
    )
  })

  test('thought, calls and log probabilities have their places; a call is the reason', () => {
    const call = { id: 'call_1', function: { index: 0, name: 'f', arguments: { city: 'P' } } }
    const logprobs = [{ token: 'T', logprob: -1 }]
    const full = {
      ...answer,
      logprobs,
      message: { ...message, content: '', thinking: 'hm', tool_calls: [call] },
    }
    expect(translate({}).whole(JSON.stringify(full))).toContain(
      String.raw`"choices":[{"index":0,"message":{"role":"assistant","content":"","reasoning":"hm","tool_calls":[{"id":"call_1","index":0,"type":"function","function":{"name":"f","arguments":"{\"city\":\"P\"}"}}]},"finish_reason":"tool_calls","logprobs":{"content":[{"token":"T","logprob":-1}]}}]`,
    )
  })
})

describe('a stream', () => {
  const choices = (events: string) =>
    events
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .flatMap((event) => (JSON.parse(event.slice(6)) as { choices: object[] }).choices)

  test('usage comes in a chunk of its own, and only when asked for', () => {
    const done = JSON.stringify({
      model: 'm',
      message: { content: '' },
      done: true,
      done_reason: 'length',
      prompt_eval_count: 1,
      eval_count: 2,
    })
    const head =
      '{"id":"chatcmpl-442","object":"chat.completion.chunk","created":1795445472,"model":"m","system_fingerprint":"fp_ollama","choices":'
    const last = `data: ${head}[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"length"}]}\n\n`
    const usage = `data: ${head}[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n`
    expect(translate({ stream: true }).line(done)).toBe(`${last}data: [DONE]\n\n`)
    const asked = translate({ stream: true, stream_options: { include_usage: true } })
    expect(asked.line(done)).toBe(`${last}${usage}data: [DONE]\n\n`)
  })

  test('thought and text never share a chunk', () => {
    const line = { model: 'm', message: { content: 'yes', thinking: 'hm' }, done: false }
    expect(choices(translate({ stream: true }).line(JSON.stringify(line)))).toEqual([
      { index: 0, delta: { role: 'assistant', content: '', reasoning: 'hm' }, finish_reason: null },
      { index: 0, delta: { role: 'assistant', content: 'yes' }, finish_reason: null },
    ])
  })

  test('after a call the reason is tool_calls', () => {
    const translation = translate({ stream: true })
    const call = { function: { name: 'f', arguments: {} } }
    translation.line(JSON.stringify({ message: { content: '', tool_calls: [call] }, done: false }))
    const last = translation.line(
      JSON.stringify({ message: { content: '' }, done: true, done_reason: 'stop' }),
    )
    expect(choices(last)).toMatchObject([{ finish_reason: 'tool_calls' }])
  })

  test('a failure in its midst is an error that clients throw', () => {
    expect(translate({ stream: true }).failure('gone')).toBe(
      'data: {"error":{"message":"gone","type":"api_error","param":null,"code":null}}\n\n',
    )
  })
})
