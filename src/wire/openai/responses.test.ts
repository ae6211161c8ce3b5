import { describe, expect, test } from 'vitest'
import type { TranslationPorts } from '../translation.ts'
import { translateResponses } from './responses.ts'

/** Tables after Ollama's own: openai/responses_test.go. */
const ports: TranslationPorts = {
  wallMs: () => 1_795_445_480_000,
  randomInteger: () => 7,
  randomHex: (bytes) => 'ab'.repeat(bytes),
}
const translate = (body: object) =>
  translateResponses(Buffer.from(JSON.stringify({ model: 'm', input: 'Hi', ...body })), ports)
const native = (body: object) => JSON.parse(translate(body).body) as Record<string, unknown>
const messagesOf = (input: unknown, more: object = {}) => native({ input, ...more })['messages']

describe('the native request', () => {
  test('a text is what the user says, instructions stand before it', () => {
    expect(messagesOf('Hi', { instructions: 'Be brief.' })).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ])
    expect(messagesOf('')).toEqual([])
  })

  test('a thought goes with the answer or the call behind it, calls are joined, results stand alone', () => {
    const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"b":1,"a":2}' }
    const items = [
      { role: 'user', content: 'q' },
      { type: 'reasoning', encrypted_content: 'hm' },
      call,
      { ...call, call_id: 'c2', arguments: '' },
      {
        type: 'function_call_output',
        call_id: 'c1',
        output: [
          { type: 'input_text', text: 'r' },
          { type: 'output_text', text: 's' },
        ],
      },
      { type: 'reasoning', encrypted_content: 'so' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] },
      { type: 'reasoning', encrypted_content: 'last' },
    ]
    expect(messagesOf(items)).toEqual([
      { role: 'user', content: 'q' },
      {
        role: 'assistant',
        thinking: 'hm',
        tool_calls: [
          { id: 'c1', function: { name: 'f', arguments: { b: 1, a: 2 } } },
          { id: 'c2', function: { name: 'f', arguments: {} } },
        ],
      },
      { role: 'tool', content: 'rs', tool_call_id: 'c1' },
      { role: 'assistant', content: 'a', thinking: 'so' },
      { role: 'assistant', thinking: 'last' },
    ])
  })

  test('options, form, tools', () => {
    const schema = { type: 'object' }
    const request = native({
      top_p: 0.5,
      max_output_tokens: 9,
      reasoning: { effort: 'none' },
      text: { format: { type: 'json_schema', name: 'x', schema } },
      tools: [{ type: 'function', name: 'f', description: null, parameters: schema }],
    })
    expect(request).toMatchObject({
      options: { temperature: 1, top_p: 0.5, num_predict: 9 },
      think: false,
      format: schema,
      tools: [{ type: 'function', function: { name: 'f', description: '', parameters: schema } }],
    })
  })

  test.each([
    [
      { input: 5 },
      'input must be a string or array: json: cannot unmarshal number into Go value of type []json.RawMessage',
    ],
    [{ input: [{}] }, "input[0]: input item missing required 'type' field"],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'http://x' }] }] },
      'image URLs are not currently supported',
    ],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file' }] }] },
      'file inputs are not currently supported',
    ],
    [{ input: [{ role: 'user', content: 5 }] }, 'input[0]: content must be a string or array'],
    [
      { input: [{ type: 'function_call', arguments: 'x' }] },
      "failed to parse function call arguments: invalid character 'x' looking for beginning of value",
    ],
    [
      { reasoning: { effort: 'x' } },
      'invalid reasoning value: "x" (must be "high", "medium", "low", "max", or "none")',
    ],
    [
      { tools: {} },
      'json: cannot unmarshal object into Go struct field ResponsesRequest.tools of type []openai.ResponsesTool',
    ],
  ])('%j is refused: %s', (body, message) => {
    expect(() => translate(body)).toThrow(message)
  })
})

interface Event {
  readonly type: string
  readonly sequence_number: number
  readonly output_index?: number
  readonly response?: { readonly output: object[] }
}

function eventsOf(lines: readonly object[], body: object = {}): Event[] {
  const translation = translate({ stream: true, ...body })
  const text = lines.map((line) => translation.line(JSON.stringify(line))).join('')
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const [name = '', data = ''] = event.split('\n')
      const value = JSON.parse(data.slice('data: '.length)) as Event
      expect(name).toBe(`event: ${value.type}`)
      return value
    })
}

describe('a stream', () => {
  const done = {
    message: { content: '' },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 4,
    eval_count: 2,
  }

  test('opens and closes its items in order and counts its events', () => {
    const events = eventsOf([
      { message: { thinking: 'hm' }, done: false },
      { message: { content: 'a' }, done: false },
      { message: { content: 'b' }, done: false },
      done,
    ])
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ])
    expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()])
    expect(events.at(-1)?.response).toMatchObject({
      status: 'completed',
      output: [
        { type: 'reasoning', encrypted_content: 'hm' },
        { type: 'message', content: [{ text: 'ab' }] },
      ],
      usage: { input_tokens: 4, output_tokens: 2, total_tokens: 6 },
    })
  })

  test('calls of several lines have places of their own, and take the place of a text', () => {
    const call = (name: string) => ({ id: `call_${name}`, function: { name, arguments: { a: 1 } } })
    const events = eventsOf([
      { message: { content: '', tool_calls: [call('f'), call('g')] }, done: false },
      { message: { content: '', tool_calls: [call('h')] }, done: false },
      { message: { content: 'late' }, done: false },
      done,
    ])
    const added = events.filter(({ type }) => type === 'response.output_item.added')
    expect(added.map((event) => event.output_index)).toEqual([0, 1, 2])
    expect(events.at(-1)?.response?.output).toMatchObject(
      ['f', 'g', 'h'].map((name) => ({ type: 'function_call', name, arguments: '{"a":1}' })),
    )
  })

  test('keys are sorted all the way down, save in a schema, which is as it came', () => {
    const tools = [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }]
    const text = { format: { type: 'json_schema', name: 'x', schema: { z: 1, a: 2 } } }
    const translation = translate({ stream: true, tools, text, reasoning: { effort: 'low' } })
    const [created = ''] = translation.line(JSON.stringify(done)).split('\n\n')
    expect(created).toContain('"reasoning":{"effort":"low","summary":null}')
    expect(created).toContain(
      '"text":{"format":{"name":"x","schema":{"z":1,"a":2},"type":"json_schema"}}',
    )
    expect(created).toContain(
      '"tools":[{"description":null,"name":"f","parameters":{"properties":{},"type":"object"},"strict":null,"type":"function"}]',
    )
  })

  test('a failure in its midst goes on counting', () => {
    const translation = translate({ stream: true })
    translation.line(JSON.stringify({ message: { content: 'a' }, done: false }))
    expect(translation.failure('gone')).toMatch(
      /^event: error\ndata: .*"sequence_number":5,.*"gone"/,
    )
  })
})

test('a whole answer repeats what was asked for', () => {
  const translation = translate({
    instructions: 'I',
    temperature: 0,
    truncation: 'auto',
    reasoning: { summary: 'auto' },
  })
  const answer = {
    created_at: '2026-11-23T14:51:20Z',
    message: { content: 'a', thinking: 'hm' },
    done: true,
  }
  expect(JSON.parse(translation.whole(JSON.stringify(answer)))).toMatchObject({
    id: 'resp_7',
    created_at: 1_795_445_480,
    status: 'completed',
    instructions: 'I',
    truncation: 'auto',
    temperature: 0,
    top_p: 1,
    reasoning: { summary: 'auto' },
    output: [
      { id: 'rs_resp_7', type: 'reasoning' },
      { id: 'msg_7', type: 'message', content: [{ type: 'output_text', text: 'a' }] },
    ],
  })
})
