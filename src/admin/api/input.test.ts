import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { isOdError } from '../../core/errors/index.ts'
import { readInput } from './input.ts'
import { type ApiRoute, apiRoute } from './route.ts'

const route: ApiRoute = apiRoute({
  method: 'PUT',
  path: '/api/v1/things/:id',
  summary: 'A thing',
  role: 'operator',
  params: z.strictObject({ id: z.string().max(4) }),
  query: z.strictObject({ lines: z.coerce.number().pipe(z.int().min(1)).default(7) }),
  body: z.strictObject({ name: z.string(), inner: z.strictObject({ on: z.boolean() }).optional() }),
  answers: {},
  errors: [],
  handle: () => ({ value: {} }),
})

function read(of: { id?: string; query?: string; body?: string | Uint8Array }) {
  const { id = 'a', query = '', body = '{"name":"n"}' } = of
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return readInput(route, { parameters: { id }, query, body: bytes, lastEventId: undefined })
}

function refusalOf(of: Parameters<typeof read>[0]): string {
  try {
    read(of)
  } catch (error) {
    if (isOdError(error)) return `${error.httpStatus} ${error.message}`
    throw error
  }
  return 'taken'
}

test('good input comes with its defaults and in its types', () => {
  expect(read({ query: '?lines=20' })).toMatchObject({ query: { lines: 20 } })
  expect(read({})).toMatchObject({ params: { id: 'a' }, query: { lines: 7 }, body: { name: 'n' } })
})

describe('wrong input is refused with the name of the field', () => {
  test.each([
    [{ id: 'abcde' }, /^400 path parameter id: too big/],
    [{ query: '?lines=0' }, /^400 query parameter lines: too small/],
    [{ query: '?lines=x' }, /^400 query parameter lines: invalid input/],
    [{ query: '?lines=1&lines=2' }, /^400 query parameter lines: given twice$/],
    [{ query: '?line=1' }, /^400 query parameter line: there is no such one$/],
    [{ query: '?__proto__=1' }, /^400 query parameter __proto__: there is no such one$/],
    [{ body: '{}' }, /^400 field name: invalid input: expected string/],
    [{ body: '{"name":"n","nmae":1}' }, /^400 field nmae: there is no such one$/],
    [{ body: '{"name":"n","inner":{"on":1}}' }, /^400 field inner\.on: invalid input/],
    [{ body: '{"name":"n","inner":{"on":true,"of":1}}' }, /^400 field inner\.of: there is no/],
    [{ body: '[]' }, /^400 field \(all of it\): invalid input: expected object/],
    [{ body: `{"name":"n","${'x'.repeat(999)}":1}` }, /^400 field x{64}: there is no such one$/],
    [{ body: '' }, /^400 the request body is not JSON$/],
    [{ body: '{"name":' }, /^400 the request body is not JSON$/],
    [{ body: new Uint8Array([0x22, 0xff, 0x22]) }, /^400 the request body is not JSON$/],
    [{ body: '['.repeat(500_000) }, /^400 the request body is not JSON$/],
  ])('case %#', (of, words) => {
    expect(refusalOf(of)).toMatch(words)
  })
})
