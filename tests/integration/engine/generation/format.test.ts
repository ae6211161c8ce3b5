import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { fits } from './schema-check.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

const ask = (format: unknown, options: object = {}) => ({
  model: 'pocket',
  prompt: 'Tell me about Ida.',
  stream: false,
  format,
  options: { num_predict: 600, temperature: 0, ...options },
})
const short = { type: 'string', maxLength: 12 }

/** Each has answers of bounded length only: a model this small would write a free text for ever. */
const schemas: Record<string, Readonly<Record<string, unknown>>> = {
  'one answer': { type: 'object', properties: { a: { enum: ['x'] } }, required: ['a'] },
  'all types': {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 3, maxLength: 9 },
      age: { type: 'integer', minimum: 18, maximum: 120 },
      size: { type: 'number' },
      isTall: { type: 'boolean' },
      nothing: { type: 'null' },
    },
    required: ['name', 'age', 'size', 'isTall', 'nothing'],
  },
  'optional members': {
    type: 'object',
    properties: { a: short, b: { type: 'integer' }, c: short, d: { type: 'boolean' } },
    required: ['c'],
  },
  'bounded list': { type: 'array', items: short, minItems: 2, maxItems: 4 },
  'list in a list': {
    type: 'array',
    items: { type: 'array', items: { type: 'integer', minimum: -5, maximum: 5 }, maxItems: 2 },
    minItems: 1,
    maxItems: 3,
  },
  'empty list': { type: 'array', maxItems: 0 },
  'a choice': {
    anyOf: [{ type: 'integer', minimum: 10, maximum: 12 }, { const: { q: '"é😀\n' } }],
  },
  'several types': { type: ['boolean', 'null'] },
  'referred parts': {
    type: 'object',
    properties: { from: { $ref: '#/$defs/place' }, to: { $ref: '#/$defs/place' } },
    required: ['from', 'to'],
    $defs: { place: { type: 'object', properties: { city: short }, required: ['city'] } },
  },
  'text of one length': { type: 'string', minLength: 25, maxLength: 25 },
}

describe('an answer under a schema is JSON that fits it', () => {
  test.each(Object.entries(schemas))('%s', async (_title, schema) => {
    for (const sampling of [{}, ...[1, 2, 3].map((seed) => ({ temperature: 2, top_k: 0, seed }))]) {
      const answer = await engine.json('/api/generate', ask(schema, sampling))
      expect(answer).toMatchObject({ done_reason: 'stop' })
      const text = String(answer['response'])
      expect(fits(JSON.parse(text), schema), text).toBe(true)
    }
  })

  test('the checker of these tests tells a value that does not fit', () => {
    const all = schemas['all types'] ?? {}
    const value = { name: 'Ida', age: 20, size: 1.5, isTall: true, nothing: null }
    expect(fits(value, all)).toBe(true)
    expect(fits({ ...value, age: 17 }, all)).toBe(false)
    expect(fits({ ...value, more: 1 }, all)).toBe(false)
  })

  test('also with a schema that refers to itself, as long as the answer ends', async () => {
    const schema = {
      type: 'object',
      properties: { v: { enum: [1] }, next: { anyOf: [{ type: 'null' }, { $ref: '#' }] } },
      required: ['v', 'next'],
    }
    const request = { ...ask(schema, { num_predict: 40 }), prompt: 'Say null.' }
    const answer = await engine.json('/api/generate', request)
    const text = String(answer['response'])
    expect(text).toMatch(/^\{\s?"v"\s?:\s?1\s?,/)
    if (answer['done_reason'] === 'stop') expect(fits(JSON.parse(text), schema)).toBe(true)
  })

  test('other keys beside the named ones never repeat those', async () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'boolean' } },
      additionalProperties: { type: 'integer', minimum: 0, maximum: 9 },
    }
    const texts: string[] = []
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const options = { seed, temperature: 0.8, num_predict: 60 }
      texts.push(String((await engine.json('/api/generate', ask(schema, options)))['response']))
    }
    // The model likes the key "name"; most of its answers do not end, but no text holds a quote that is not of a key.
    for (const text of texts) expect(text).not.toMatch(/"name"\s*:\s*\d/)
    expect(texts.some((text) => /"name"\s*:\s*(true|false)/.test(text))).toBe(true)
    expect(texts.some((text) => /"[^"]*"\s*:\s*\d/.test(text))).toBe(true)
  })
})

test.each(['json', {}])('format %j gives a JSON object', async (format) => {
  const answer = await engine.json('/api/generate', ask(format))
  expect(answer).toMatchObject({ done_reason: 'stop' })
  expect(JSON.parse(String(answer['response']))).toBeTypeOf('object')
  expect(String(answer['response'])).toMatch(/^\{/)
})

test('chat and streams obey it too, and it holds for that request only', async () => {
  const format = { type: 'integer', minimum: 70, maximum: 79 }
  const messages = [{ role: 'user', content: 'Why is the sky blue?' }]
  const body = { model: 'pocket', messages, options: { temperature: 0 } }
  const lines = await engine.lines('/api/chat', { ...body, format })
  const text = lines.map(({ message }) => (message as { content: string }).content).join('')
  expect(text).toMatch(/^7\d$/)
  const free = await engine.json('/api/chat', { ...body, stream: false })
  expect((free['message'] as { content: string }).content).toContain('Sunlight')
})

test.each([
  ['yaml', 'invalid format: "\\"yaml\\""; expected "json" or a valid JSON Schema object'],
  [5, 'invalid format: "5"; expected "json" or a valid JSON Schema object'],
  [{ type: 'frob' }, 'invalid JSON schema in format'],
  // Nothing but llama.cpp itself notices that this rule never reads a letter.
  [{ anyOf: [{ $ref: '#' }, { type: 'null' }] }, 'invalid JSON schema in format'],
])('format %j is refused in the words of Ollama', async (format, error) => {
  const response = await engine.post('/api/generate', ask(format))
  expect(response.status).toBe(500)
  expect(await response.json()).toEqual({ error })
  const stats = await engine.json('/api/generate', ask({ const: 1 }))
  expect(stats['response']).toBe('1') // the same runner goes on
})
