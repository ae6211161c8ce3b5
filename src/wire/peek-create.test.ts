import { describe, expect, test } from 'vitest'
import { findInfoMisfit } from './http/create-info.ts'
import { peekCreate, peekText } from './peek-create.ts'

const digest = `sha256:${'a'.repeat(64)}`
const bytes = (text: string) => Buffer.from(text)

describe('what a create is made of', () => {
  test.each([
    [`{"from":"a","adapters":{"x":"${digest}"}}`, { from: 'a', files: [], additions: [digest] }],
    ['{"FROM":"a","from":null,"files":null}', { from: 'a', files: [], additions: [] }],
    ['{"from":"a","From":"b"}', { from: 'b', files: [], additions: [] }],
    ['{"from":7,"files":["x"],"adapters":"x"}', { files: [], additions: [] }],
    ['{"files":{"a":"x","b":"x","c":null,"d":5,"e":""}}', { files: ['x', ''], additions: [] }],
    ['{"files":{"a":"x"},"Files":{"b":"y"}}', { files: ['x', 'y'], additions: [] }],
    ['{"draft_files":{"a":"\\u0078"},"adapters":{"b":"y"}}', { files: [], additions: ['x', 'y'] }],
    ['{"files":{"a":"x"', { files: [], additions: [] }],
    ['', { files: [], additions: [] }],
  ])('%s', (body, expected) => {
    expect(peekCreate(bytes(body))).toEqual(expected)
  })

  test('a text that is too long for a digest is none', () => {
    const long = JSON.stringify({ from: 'x'.repeat(7_000), files: { a: 'x'.repeat(7_000) } })
    expect(peekCreate(bytes(long))).toEqual({ files: [''], additions: [] })
  })

  test.each([
    ['{"from":"a","remote_host":"h"}', 'h'],
    ['{"from":"a","Remote_Host":"h"}', 'h'],
    ['{"from":"a","remote_host":"h","remote_host":""}', undefined],
    ['{"from":"a","remote_host":null}', undefined],
    [`{"remote_host":"${'x'.repeat(7_000)}"}`, ''],
  ])('the server that answers in its place: %.40s', (body, host) => {
    expect(peekCreate(bytes(body)).remoteHost).toBe(host)
  })

  test('a name under another key', () => {
    expect(peekText(bytes('{"source":"a","SOURCE":"b","x":{"source":"c"}}'), 'source')).toBe('b')
    expect(peekText(bytes('{"source":1}'), 'source')).toBeUndefined()
  })
})

describe('info that makes an Ollama end', () => {
  const inInfo = (members: string) => findInfoMisfit(bytes(`{"model":"m","info":{${members}}}`))
  const escaped = Array.from('quantization_level').map(
    (c) => `\\u00${c.charCodeAt(0).toString(16)}`,
  )

  test.each([
    ['"model_family":1', 'model_family', 'string'],
    ['"base_name":null', 'base_name', 'string'],
    ['"parameter_size":["7B"]', 'parameter_size', 'string'],
    [`"${escaped.join('')}":true`, 'quantization_level', 'string'],
    ['"context_length":"4096"', 'context_length', 'number'],
    ['"embedding_length":null', 'embedding_length', 'number'],
    ['"model_family":"a","model_family":{}', 'model_family', 'string'],
  ])('%s', (members, field, type) => {
    expect(inInfo(members)).toEqual({ field, type })
  })

  test('every member named info counts, whatever its case', () => {
    const body = '{"Info":{"model_family":1},"info":{"model_family":"a"}}'
    expect(findInfoMisfit(bytes(body))).toEqual({ field: 'model_family', type: 'string' })
  })

  test.each([
    '"model_family":"llama","context_length":4096,"embedding_length":-1.5e3',
    '"capabilities":7,"other":null',
    '',
  ])('%s is fine', (members) => {
    expect(inInfo(members)).toBeUndefined()
  })

  test.each(['{"info":null}', '{"info":"model_family"}', '{"x":{"info":{"model_family":1}}}', 'x'])(
    '%s is not info, or another matter',
    (body) => {
      expect(findInfoMisfit(bytes(body))).toBeUndefined()
    },
  )
})
