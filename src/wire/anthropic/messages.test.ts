import { describe, expect, test } from 'vitest'
import type { TranslationPorts } from '../translation.ts'
import { translateMessages } from './messages.ts'

/** Tables after Ollama's own: anthropic/anthropic_test.go. */
const ports: TranslationPorts = {
  wallMs: () => 0,
  randomInteger: () => 7,
  randomHex: (bytes) => 'ab'.repeat(bytes),
}
const user = { role: 'user', content: 'Hi' }
const translate = (body: object) =>
  translateMessages(
    Buffer.from(JSON.stringify({ model: 'm', max_tokens: 9, messages: [user], ...body })),
    ports,
  )
const native = (body: object) => JSON.parse(translate(body).body) as Record<string, unknown>
const messagesOf = (...messages: object[]) => native({ messages })['messages']
const png = 'iVBORw0KGgo='
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }

describe('the native request', () => {
  test('what the model prefers stays unless given', () => {
    expect(native({})['options']).toEqual({ num_predict: 9 })
    const given = { temperature: 0, top_p: 0.5, top_k: 3, stop_sequences: ['x'] }
    expect(native(given)['options']).toEqual({
      num_predict: 9,
      temperature: 0,
      top_p: 0.5,
      top_k: 3,
      stop: ['x'],
    })
  })

  test.each([
    ['S', [{ role: 'system', content: 'S' }]],
    [
      [{ type: 'text', text: 'a' }, { type: 'x' }, { type: 'text', text: 'b' }],
      [{ role: 'system', content: 'ab' }],
    ],
    ['', []],
  ])('system %j', (system, first) => {
    expect(native({ system })['messages']).toMatchObject([
      ...first,
      { role: 'user', content: 'Hi' },
    ])
  })

  test('blocks of one message are joined; results of tools are messages before it', () => {
    const blocks = [
      { type: 'text', text: 'a' },
      image,
      { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'r' }, image] },
      {
        type: 'web_search_tool_result',
        tool_use_id: 't2',
        content: [{ type: 'web_search_result', title: 'T', url: 'U' }],
      },
      { type: 'unknown' },
      { type: 'text', text: 'b' },
    ]
    expect(messagesOf({ role: 'User', content: blocks })).toMatchObject([
      { role: 'tool', content: 'r', images: [png], tool_call_id: 't1' },
      { role: 'tool', content: '- T: U\n', tool_call_id: 't2' },
      { role: 'user', content: 'ab', images: [png] },
    ])
  })

  test('thoughts and calls of the assistant', () => {
    const blocks = [
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'tool_use', id: 't1', name: 'f', input: { b: 1, a: 2 } },
    ]
    expect(messagesOf({ role: 'assistant', content: blocks })).toEqual([
      {
        role: 'assistant',
        content: '',
        images: [],
        thinking: 'hm',
        tool_calls: [{ id: 't1', function: { name: 'f', arguments: { b: 1, a: 2 } } }],
      },
    ])
  })

  test('Anthropic’s own search becomes a function and takes the name', () => {
    const tools = [
      { name: 'web_search', input_schema: {} },
      {
        name: 'f',
        description: 'd',
        input_schema: { type: 'object', properties: { a: { type: 'string' } } },
      },
      { type: 'web_search_20250305', name: 'web_search' },
    ]
    expect(native({ tools })['tools']).toMatchObject([
      {
        function: {
          name: 'f',
          description: 'd',
          parameters: { properties: { a: { type: 'string' } } },
        },
      },
      { function: { name: 'web_search', parameters: { required: ['query'] } } },
    ])
  })

  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 1 } }, true],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'high' } }, false],
    [{ output_config: { effort: ' XHigh ' } }, 'high'],
    [{ output_config: { effort: 'max' } }, 'max'],
    [{ output_config: { effort: 'odd' } }, undefined],
  ])('%j', (body, think) => {
    expect(native(body)['think']).toBe(think)
  })

  test('the form of the answer is that of the native chat', () => {
    const schema = { type: 'object', properties: { b: {}, a: {} } }
    const body = { output_config: { format: { type: 'json_schema', schema } } }
    expect(native(body)['format']).toEqual(schema)
    expect(native({ output_config: { format: { type: 'text', schema } } })).not.toHaveProperty(
      'format',
    )
  })

  test.each([
    [{ model: '' }, 'model is required'],
    [{ max_tokens: 0 }, 'max_tokens is required and must be positive'],
    [{ messages: [] }, 'messages is required'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url' } }] }] },
      'invalid image source type: url. Only base64 images are supported.',
    ],
    [
      {
        messages: [
          { role: 'user', content: [{ type: 'image', source: { type: 'base64', data: '*' } }] },
        ],
      },
      'invalid base64 image data: illegal base64 data at input byte 0',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'tool_use', name: 'f' }] }] },
      "tool_use block missing required 'id' field",
    ],
    [
      {
        messages: [
          { role: 'user', content: [{ type: 'tool_result', content: [{ type: 'image' }] }] },
        ],
      },
      'invalid tool_result image source',
    ],
    [
      { tools: [{ name: 'f', input_schema: 5 }] },
      'invalid input_schema for tool "f": json: cannot unmarshal number into Go value of type api.ToolFunctionParameters',
    ],
    [
      { thread: { type: 'continue', previous_message_id: 'msg_1' } },
      'no thread is kept here that message msg_1 ended',
    ],
  ])('%j is refused: %s', (body, message) => {
    expect(() => translate(body)).toThrow(message)
  })

  test('a thread may begin: all of the conversation is there', () => {
    expect(native({ thread: { type: 'create' } })).toEqual(native({}))
  })
})

interface Event {
  readonly type: string
  readonly index?: number
}

function eventsOf(lines: readonly object[]): Event[] {
  const translation = translate({ stream: true })
  return lines
    .map((line) => translation.line(JSON.stringify(line)))
    .join('')
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)) as Event)
}

describe('a stream', () => {
  const done = {
    message: { content: '' },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 4,
    eval_count: 2,
  }

  test('blocks open and close in order: thought, text, calls', () => {
    const call = { id: 'c1', function: { name: 'f', arguments: { a: 1 } } }
    const events = eventsOf([
      { message: { thinking: 'hm' }, done: false },
      { message: { content: 'a' }, done: false },
      { message: { content: '', tool_calls: [call] }, done: false },
      done,
    ])
    const block = ['content_block_start', 'content_block_delta', 'content_block_stop']
    const types = ['message_start', ...block, ...block, ...block, 'message_delta', 'message_stop']
    expect(events.map(({ type }) => type)).toEqual(types)
    const indices = [undefined, 0, 0, 0, 1, 1, 1, 2, 2, 2, undefined, undefined]
    expect(events.map(({ index }) => index)).toEqual(indices)
    expect(events[8]).toMatchObject({
      delta: { type: 'input_json_delta', partial_json: '{"a":1}' },
    })
    expect(events.at(-2)).toMatchObject({
      delta: { stop_reason: 'tool_use' },
      usage: { input_tokens: 4, output_tokens: 2 },
    })
  })

  test('the first number of tokens is a guess: a fourth of the bytes', () => {
    const [start] = eventsOf([{ message: { content: 'a' }, done: false }])
    expect(start).toMatchObject({ message: { usage: { input_tokens: 1, output_tokens: 0 } } })
  })

  test('a failure in its midst is the event that clients throw', () => {
    expect(translate({ stream: true }).failure('gone')).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"gone"},"request_id":"req_abababababababababababab"}\n\n',
    )
  })
})

test.each([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['load', 'stop_sequence'],
])('a whole answer that ended by %s', (done_reason, reason) => {
  const answer = { model: 'm', message: { content: 'a' }, done: true, done_reason, eval_count: 1 }
  expect(translate({}).whole(JSON.stringify(answer))).toBe(
    `{"id":"msg_abababababababababababab","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"a"}],"stop_reason":"${reason}","usage":{"input_tokens":0,"output_tokens":1}}\n`,
  )
})
