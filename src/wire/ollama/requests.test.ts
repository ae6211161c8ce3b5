import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEmbed, decodeEmbeddings, decodeGenerate, decodeShow } from './requests.ts'

const body = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

describe('decodeGenerate', () => {
  test('gives every field under its name', () => {
    const request = decodeGenerate(
      body({
        model: 'Smol',
        prompt: 'p',
        suffix: 's',
        images: ['aGk='],
        system: 'y',
        template: 't',
        context: [1, 2],
        raw: true,
        format: { type: 'object' },
        options: { num_ctx: 5, stop: ['x'] },
        stream: false,
        think: 'low',
        keep_alive: '10m',
        truncate: false,
        shift: false,
        logprobs: true,
        top_logprobs: 3,
        _debug_render_only: true,
      }),
    )
    expect(request).toEqual({
      model: 'Smol',
      prompt: 'p',
      suffix: 's',
      images: [Buffer.from('hi')],
      system: 'y',
      template: 't',
      context: [1, 2],
      raw: true,
      format: '{"type":"object"}',
      options: { num_ctx: 5, stop: ['x'] },
      stream: false,
      think: 'low',
      keepAlive: 600_000,
      truncate: false,
      shift: false,
      logprobs: true,
      topLogprobs: 3,
      debugRenderOnly: true,
    })
  })

  const empty = {
    model: '',
    prompt: '',
    suffix: '',
    images: [],
    system: '',
    template: '',
    context: [],
    raw: false,
    options: {},
    logprobs: false,
    topLogprobs: 0,
    debugRenderOnly: false,
  }

  test.each(['{}', 'null', nullEverywhere()])('%s is an empty request', (text) => {
    expect(decodeGenerate(body(text))).toStrictEqual(empty)
  })

  test('takes keys in any case, the last of equal ones, and ignores the rest of the body', () => {
    const text = '{"MODEL":"a","Model":"b","ſtream":true,"zzz":[{}],"prompt":"x","prompt":null} x'
    expect(decodeGenerate(body(text))).toEqual({ ...empty, model: 'b', stream: true, prompt: 'x' })
  })

  test('adds a second map to the first, as Go does', () => {
    const text = '{"options":{"seed":1,"top_k":2,"stop":["a"]},"OPTIONS":{"seed":3,"stop":["b"]}}'
    expect(decodeGenerate(body(text)).options).toEqual({ seed: 3, top_k: 2, stop: ['b'] })
    expect(decodeGenerate(body('{"options":{"seed":1},"options":null}')).options).toEqual({})
  })

  test('keeps the text of a format, and takes null and "" for none', () => {
    const format = (text: string) => decodeGenerate(body(`{"format": ${text} }`)).format
    expect(format('{ "a" : 1.0 }')).toBe('{ "a" : 1.0 }')
    expect(format('"json"')).toBe('"json"')
    expect(format('""')).toBeUndefined()
    expect(format('null')).toBeUndefined()
  })

  test.each([
    ['5', 5_000],
    ['0.5', 500],
    ['0', 0],
    ['-1', Infinity],
    ['1e300', Infinity],
    ['"0"', 0],
    ['"1.5h"', 5_400_000],
    ['"-1m"', Infinity],
  ])('keep_alive %s is %d ms', (text, ms) => {
    expect(decodeGenerate(body(`{"keep_alive":${text}}`)).keepAlive).toBe(ms)
  })

  test.each([
    ['"bad"', 'time: invalid duration "bad"'],
    ['"-1"', 'time: missing unit in duration "-1"'],
    ['true', "Unsupported type: 'bool'"],
    ['{}', "Unsupported type: 'map[string]interface {}'"],
    ['[]', "Unsupported type: '[]interface {}'"],
  ])('keep_alive %s is refused', (text, message) => {
    const expected = expect.objectContaining({ code: 'OD_KEEP_ALIVE_INVALID', message })
    expect(() => decodeGenerate(body(`{"keep_alive":${text}}`))).toThrow(expected)
  })

  test.each([
    ['', 'missing request body'],
    ['[1]', 'json: cannot unmarshal array into Go value of type api.GenerateRequest'],
    ['"x"', 'json: cannot unmarshal string into Go value of type api.GenerateRequest'],
    ['{"model":{"a":1}}', goField('object', 'model', 'string')],
    ['{"stream":"false"}', goField('string', 'stream', 'bool')],
    ['{"context":"x"}', goField('string', 'context', '[]int')],
    ['{"context":["x"]}', goField('string', 'context', 'int')],
    ['{"context":[1.5]}', goField('number 1.5', 'context', 'int')],
    [
      '{"top_logprobs":9223372036854775808}',
      goField('number 9223372036854775808', 'top_logprobs', 'int'),
    ],
    ['{"options":[]}', goField('array', 'options', 'map[string]interface {}')],
    ['{"options":{"a":1e400}}', goField('number 1e400', 'options', 'float64')],
    ['{"images":[5]}', goField('number', 'images', 'api.ImageData')],
    ['{"images":["!!!"]}', 'illegal base64 data at input byte 0'],
    [
      '{"think":"ultra"}',
      'invalid think value: "ultra" (must be "high", "medium", "low", "max", true, or false)',
    ],
    [
      '{"think":1}',
      'think must be a boolean or string ("high", "medium", "low", "max", true, or false)',
    ],
    ['{"model":5,"prompt":5}', goField('number', 'model', 'string')],
    [
      '{"model":5,"think":1}',
      'think must be a boolean or string ("high", "medium", "low", "max", true, or false)',
    ],
  ])('%s is refused in the words of Ollama', (text, message) => {
    const expected = expect.objectContaining({ httpStatus: 400, message })
    expect(() => decodeGenerate(body(text))).toThrow(expected)
  })

  function goField(value: string, field: string, type: string): string {
    return `json: cannot unmarshal ${value} into Go struct field GenerateRequest.${field} of type ${type}`
  }

  function nullEverywhere(): string {
    const names =
      'model prompt suffix images system template context raw format options stream think'
    const more = 'keep_alive truncate shift logprobs top_logprobs _debug_render_only'
    return `{${`${names} ${more}`
      .split(' ')
      .map((name) => `"${name}":null`)
      .join(',')}}`
  }
})

describe('decodeEmbed', () => {
  test.each([
    ['"hello"', ['hello']],
    ['["a","","b"]', ['a', '', 'b']],
    ['""', []],
    ['[]', []],
    ['null', []],
  ])('input %s', (text, input) => {
    expect(decodeEmbed(body(`{"model":"m","input":${text}}`))).toEqual({
      model: 'm',
      input,
      dimensions: 0,
      options: {},
    })
  })

  test.each(['5', '{}', 'true', '["a",5]', '[["a"]]'])('input %s is refused', (text) => {
    expect(() => decodeEmbed(body(`{"input":${text}}`))).toThrow('invalid input type')
  })
})

test('decodeEmbeddings gives the single form', () => {
  expect(decodeEmbeddings(body('{"model":"m","prompt":"p","keep_alive":1}'))).toEqual({
    model: 'm',
    prompt: 'p',
    keepAlive: 1_000,
    options: {},
  })
})

test.each([
  ['{"model":"a","name":"b"}', 'a'],
  ['{"model":"","name":"b"}', 'b'],
  ['{"name":"b"}', 'b'],
])('decodeShow takes the older name where model is empty: %s', (text, model) => {
  expect(decodeShow(body(text))).toEqual({ model, system: '', verbose: false, options: {} })
})

test('any request that is sent comes back as it was meant', () => {
  const request = fc.record({
    model: fc.string(),
    prompt: fc.string({ unit: 'binary' }),
    context: fc.array(fc.integer()),
    stream: fc.boolean(),
    raw: fc.boolean(),
    think: fc.constantFrom(true, false, 'high' as const),
  })
  fc.assert(
    fc.property(request, fc.nat(3), (sent, indent) => {
      const bytes = body(JSON.stringify(sent, undefined, indent))
      expect(decodeGenerate(bytes)).toMatchObject({
        ...sent,
        model: sent.model.toWellFormed(),
        prompt: sent.prompt.toWellFormed(),
      })
    }),
  )
})
