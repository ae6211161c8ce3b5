import { describe, expect, test } from 'vitest'
import { grammarForFormat } from './format.ts'
import { grammarLimits } from './limits.ts'

const of = (schema: unknown) => () => grammarForFormat(JSON.stringify(schema))
const refused = (detail: RegExp) =>
  expect.objectContaining({ code: 'OD_FORMAT_SCHEMA', detail: expect.stringMatching(detail) })

function nested(depth: number): object {
  let schema: object = { type: 'null' }
  for (let level = 0; level < depth; level++) schema = { type: 'array', items: schema }
  return schema
}

describe('a format', () => {
  test.each([['yaml'], ['JSON'], [5], [true], [['json']]])('%j is none', (format) => {
    const raw = JSON.stringify(format)
    const message = `invalid format: ${JSON.stringify(raw)}; expected "json" or a valid JSON Schema object`
    expect(of(format)).toThrow(expect.objectContaining({ message, httpStatus: 500 }))
  })

  test.each([
    [{ type: 'frob' }, /unknown type "frob"/],
    [{ items: 7 }, /neither an object nor true/],
    [{ properties: [] }, /wrong form/],
    [{ required: 'a' }, /wrong form/],
    [{ enum: [] }, /no list/],
    [{ minItems: 3, maxItems: 2 }, /no range/],
    [{ minLength: -1 }, /no range/],
    [{ type: 'integer', minimum: 3, maximum: 2 }, /no integer/],
    [{ $ref: '#/$defs/none' }, /nothing is at/],
    [{ $ref: 'http://example.com/schema' }, /leads out/],
    [
      { $defs: { a: { $ref: '#/$defs/a' } }, allOf: [{ $ref: '#/$defs/a' }, { minLength: 1 }] },
      /refers to itself/,
    ],
    [{ allOf: [{ type: 'string' }, { type: 'null' }] }, /no value has both types/],
    [{ allOf: [{ enum: [1] }, { const: 2 }] }, /none in common/],
    [{ allOf: [{ pattern: '^a$' }, { pattern: '^b$' }] }, /two patterns/],
    [{ type: 'integer', enum: ['a', 1.5] }, /none of the values/],
    [{ prefixItems: 'a' }, /no list/],
    [{ pattern: 5 }, /no text/],
  ])('%j is refused with a reason', (schema, reason) => {
    expect(of(schema)).toThrow(refused(reason))
  })

  test('keeps the stricter of two bounds, and what both of two parts say of a member', () => {
    const one = { properties: { n: { minimum: 3, maximum: 90 } }, required: ['n'] }
    const other = { properties: { n: { type: 'integer', minimum: 1, maximum: 4 } } }
    expect(of({ type: 'object', allOf: [one, other] })()).toContain('::= [3-4]\n')
  })

  test.each([
    ['a description', { description: 'the next one' }],
    ['a type', { type: 'object' }],
  ])('may refer to itself with %s beside it', (_what, beside) => {
    const next = { $ref: '#', ...beside }
    expect(of({ type: 'object', properties: { next } })).not.toThrow()
    expect(of({ type: 'object', properties: { next: { allOf: [next] } } })).not.toThrow()
  })

  test.each([
    ['depth', nested(grammarLimits.depthMax), nested(grammarLimits.depthMax + 1)],
    [
      'parts',
      { enum: Array.from({ length: grammarLimits.nodesMax - 1 }, (_, index) => index) },
      { enum: Array.from({ length: grammarLimits.nodesMax }, (_, index) => index) },
    ],
    ['text', { const: 'x'.repeat(200_000) }, { const: 'x'.repeat(300_000) }],
    [
      'repetitions',
      { type: 'string', maxLength: grammarLimits.repetitionMax },
      { type: 'string', maxLength: grammarLimits.repetitionMax + 1 },
    ],
    [
      'repetitions together',
      { allOf: [{ required: ['a'] }] },
      {
        properties: Object.fromEntries(
          Array.from({ length: 21 }, (_, index) => [`p${index}`, { maxLength: 1_000 }]),
        ),
      },
    ],
  ])('has a bound on its %s', (_what, within, beyond) => {
    expect(of(within)).not.toThrow()
    expect(of(beyond)).toThrow(expect.objectContaining({ code: 'OD_FORMAT_SCHEMA' }))
  })
})
