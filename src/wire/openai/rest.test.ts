import { describe, expect, test } from 'vitest'
import { compactJson, decodeOnlyValue, goTypeOf } from '../go-json/index.ts'
import type { TranslationPorts } from '../translation.ts'
import { translateCompletion } from './completions.ts'
import { translateEmbeddings } from './embeddings.ts'
import { translateModel, translateModels } from './models.ts'

const ports: TranslationPorts = {
  wallMs: () => 1_795_445_478_000,
  randomInteger: () => 670,
  randomHex: () => '',
}

describe('completions', () => {
  const translate = (body: object) =>
    translateCompletion(Buffer.from(JSON.stringify({ model: 'm', prompt: 'p', ...body })), ports)

  test.each([
    [{}, { temperature: 1, top_p: 1, frequency_penalty: 0, presence_penalty: 0 }],
    [
      { max_tokens: 3, stop: ['a'], top_p: 0 },
      { num_predict: 3, stop: ['a'], top_p: 1 },
    ],
  ])('%j', (body, options) => {
    expect(JSON.parse(translate(body).body)).toMatchObject({ prompt: 'p', options })
  })

  test('log probabilities are asked for by number', () => {
    expect(JSON.parse(translate({ logprobs: 2 }).body)).toMatchObject({
      logprobs: true,
      top_logprobs: 2,
    })
    expect(JSON.parse(translate({ logprobs: 0 }).body)).toMatchObject({ logprobs: false })
  })

  test('a stop that is no text is refused', () => {
    expect(() => translate({ stop: ['a', true] })).toThrow("invalid type for 'stop' field: bool")
  })

  test('with usage asked for, each chunk has a zeroed one, and a last one the true', () => {
    const translation = translate({ stream: true, stream_options: { include_usage: true } })
    const line = {
      model: 'm',
      response: 'a',
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 1,
      eval_count: 2,
    }
    const head = '{"id":"cmpl-670","object":"text_completion","created":1795445478,"choices":'
    const tail = ',"model":"m","system_fingerprint":"fp_ollama","usage":'
    expect(translation.line(JSON.stringify(line))).toBe(
      `data: ${head}[{"text":"a","index":0,"finish_reason":"stop"}]${tail}{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}\n\n` +
        `data: ${head}[]${tail}{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\ndata: [DONE]\n\n`,
    )
  })
})

describe('embeddings', () => {
  const translate = (body: object) =>
    translateEmbeddings(Buffer.from(JSON.stringify({ model: 'm', ...body })))
  const answer = '{"model":"m","embeddings":[[0.1,-0.012757875]],"prompt_eval_count":2}'

  test('numbers are repeated to the digit, or packed as float32', () => {
    expect(translate({ input: 'x' }).whole(answer)).toBe(
      '{"object":"list","data":[{"object":"embedding","embedding":[0.1,-0.012757875],"index":0}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}\n',
    )
    const packed = Buffer.from(Float32Array.of(0.1, -0.012757875).buffer).toString('base64')
    expect(translate({ input: 'x', encoding_format: 'BASE64' }).whole(answer)).toContain(packed)
  })

  test('an empty text is embedded, nothing is refused', () => {
    expect(JSON.parse(translate({ input: '' }).body)).toMatchObject({ input: [''] })
    for (const input of [[], null]) expect(() => translate({ input })).toThrow('invalid input')
    expect(() => translate({ input: 'x', encoding_format: 'hex' })).toThrow(
      "Invalid value for 'encoding_format' = hex. Supported values: ['float', 'base64'].",
    )
  })
})

describe('models', () => {
  test('a list, and none', () => {
    const models = [{ name: 'me/a:1', modified_at: '2026-11-23T14:47:48.5+01:00' }]
    expect(translateModels().whole(JSON.stringify({ models }))).toBe(
      '{"object":"list","data":[{"id":"me/a:1","object":"model","created":1795441668,"owned_by":"me"}]}\n',
    )
    expect(translateModels().whole('{"models":[]}')).toBe('{"object":"list","data":null}\n')
  })

  test('one is named as it was asked for', () => {
    const translation = translateModel('SMOL')
    expect(translation.body).toBe('{"name":"SMOL"}')
    expect(translation.whole('{"modified_at":"1970-01-01T00:00:01Z"}')).toBe(
      '{"id":"SMOL","object":"model","created":1,"owned_by":"library"}\n',
    )
  })
})

describe('JSON inside of JSON', () => {
  test('a raw value loses its blanks and no more', () => {
    expect(compactJson('{ "a b" : [1.50, "x \\" y <" ],\n"z":1e2,"a":{} }')).toBe(
      String.raw`{"a b":[1.50,"x \" y \u003c"],"z":1e2,"a":{}}`,
    )
  })

  test.each([
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{} x', "invalid character 'x' after top-level value"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
  ])('%j: %s', (text, message) => {
    expect(() => decodeOnlyValue(text)).toThrow(message)
  })

  test.each([
    [null, '<nil>'],
    [true, 'bool'],
    [1, 'float64'],
    ['', 'string'],
    [[], '[]interface {}'],
    [{}, 'map[string]interface {}'],
  ])('%j is %s to Go', (value, type) => {
    expect(goTypeOf(value)).toBe(type)
  })
})
