import { describe, expect, test } from 'vitest'
import { encodeGoJson } from '../go-json/index.ts'
import { decodeChat } from './requests.ts'

const body = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

describe('decodeChat', () => {
  test('gives messages with lower-case roles, calls and pictures', () => {
    const [message] = decodeChat(
      body({
        messages: [
          {
            role: 'Assistant',
            content: 'c',
            thinking: 'h',
            images: ['aGk='],
            tool_calls: [
              { id: 'i', function: { name: 'f', arguments: { b: 1, a: [2] }, index: 2 } },
            ],
            tool_name: 'n',
            tool_call_id: 'd',
          },
        ],
      }),
    ).messages
    expect(message).toEqual({
      role: 'assistant',
      content: 'c',
      thinking: 'h',
      images: [Buffer.from('hi')],
      toolCalls: [{ id: 'i', function: { name: 'f', arguments: { b: 1, a: [2] }, index: 2 } }],
      toolName: 'n',
      toolCallId: 'd',
    })
    expect(Object.keys(message?.toolCalls[0]?.function.arguments ?? {})).toEqual(['b', 'a'])
  })

  test('keeps of a tool what Ollama keeps, in its order', () => {
    const { tools } = decodeChat(
      body({
        tools: [
          {
            function: {
              parameters: {
                required: ['city'],
                properties: {
                  city: { enum: ['Paris'], type: ['string'], description: 'City', default: 'x' },
                  any: { anyOf: [{ type: ['a', 'b'] }], properties: { in: {} }, required: [] },
                },
                type: 'object',
                additionalProperties: false,
              },
              strict: true,
              description: 'Weather',
              name: 'get_weather',
            },
            type: 'function',
          },
          { type: 'function' },
        ],
      }),
    )
    expect(encodeGoJson(tools)).toBe(
      '[{"type":"function","function":{"name":"get_weather","description":"Weather","parameters":{"type":"object",' +
        '"required":["city"],"properties":{"city":{"type":"string","description":"City","enum":["Paris"]},' +
        '"any":{"anyOf":[{"type":["a","b"]}],"properties":{"in":{}}}}}}},' +
        '{"type":"function","function":{"name":"","parameters":{"type":"","properties":null}}}]',
    )
  })

  test.each([
    ['{"messages":["x"]}', goField('string', 'ChatRequest.messages', 'api.Alias')],
    ['{"messages":{}}', goField('object', 'ChatRequest.messages', '[]api.Message')],
    ['{"messages":[{"content":[]}]}', goField('array', 'ChatRequest.messages.content', 'string')],
    [
      '{"messages":[{"tool_calls":[{"function":{"name":7}}]}]}',
      goField('number', 'ChatRequest.messages.tool_calls.function.name', 'string'),
    ],
    [
      '{"messages":[{"tool_calls":[{"function":{"arguments":"{}"}}]}]}',
      "Value looks like object, but can't find closing '}' symbol",
    ],
    ['{"tools":{}}', goField('object', 'ChatRequest.tools', 'api.Tools')],
    ['{"tools":["x"]}', goField('string', 'ChatRequest.tools', 'api.Tool')],
    ['{"tools":[{"function":5}]}', goField('number', 'Tool.tools.function', 'api.ToolFunction')],
    [
      '{"tools":[{"function":{"parameters":{"properties":{"a":{"type":5}}}}}]}',
      goField(
        'number',
        'ToolFunctionParameters.tools.function.parameters.properties.type',
        '[]string',
      ),
    ],
  ])('%s is refused in the words of Ollama', (text, message) => {
    expect(() => decodeChat(body(text))).toThrow(
      expect.objectContaining({ httpStatus: 400, message }),
    )
  })

  function goField(value: string, field: string, type: string): string {
    return `json: cannot unmarshal ${value} into Go struct field ${field} of type ${type}`
  }
})
