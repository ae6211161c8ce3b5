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
    [{ $defs: { a: { $ref: '#/$defs/a' } }, allOf: [{ $ref: '#/$defs/a' }] }, /refers to itself/],
  ])('%j is refused with a reason', (schema, reason) => {
    expect(of(schema)).toThrow(refused(reason))
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
