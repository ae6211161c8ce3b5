import { expect, test } from 'vitest'
import type { GoldenCase } from './golden-case.ts'
import type { Rule } from './rules.ts'
import { judge } from './verdict.ts'

const golden: GoldenCase = {
  id: 'group/name',
  request: { method: 'GET', path: '/api/ps' },
  expect: ['status 200', '.a = 1', '.b = 2'],
}
const field: Rule = { title: 'b', reason: 'why', field: /^\.b = /, of: isOfPs }
const refused: Rule = { title: 'refused', reason: 'why', begins: 'status 400', of: isOfPs }

function isOfPs({ request }: GoldenCase): boolean {
  return request.path === '/api/ps'
}

test.each([
  ['as recorded', ['status 200', '.a = 1', '.b = 2'], { type: 'equal' }],
  [
    'another value of the field',
    ['status 200', '.a = 1', '.b = 3'],
    { type: 'different', rule: field },
  ],
  ['one that is not there', ['status 200', '.a = 1'], { type: 'different', rule: field }],
  ['another field, too', ['status 200', '.a = 0', '.b = 3'], { type: 'different' }],
  [
    'the same in another order',
    ['status 200', '.b = 2', '.a = 1'],
    { type: 'different', rule: field },
  ],
  ['refused', ['status 400', '.error = "no"'], { type: 'different', rule: refused }],
  ['refused otherwise', ['status 500', '.error = "no"'], { type: 'different' }],
] as const)('%s', (_, lines, verdict) => {
  expect(judge(golden, lines, [field, refused])).toEqual(verdict)
})

test('a rule is for its own requests', () => {
  const other = { ...golden, request: { method: 'GET', path: '/api/tags' } }
  expect(judge(other, ['status 400'], [field, refused])).toEqual({ type: 'different' })
})
