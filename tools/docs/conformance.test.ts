import { describe, expect, test } from 'vitest'
import {
  areaTable,
  claimsOf,
  conformance,
  conformancePage,
  falseClaims,
  statesOf,
  type TestResult,
} from './conformance.ts'

const requirement = (id: string) => ({ id, area: 'area', text: `text of ${id}`, check: 'check' })
const requirements = ['S-001', 'S-002', 'S-003', 'S-004', 'S-005'].map(requirement)
const result = (title: string, state: TestResult['state']): TestResult => ({
  title,
  state,
  file: 'tests/x.test.ts',
})
const stateOf = (tests: TestResult[]) =>
  Object.fromEntries(conformance(requirements, tests).map(({ id, state }) => [id, state]))

describe('a row', () => {
  test('takes its state from the tests that carry its number', () => {
    expect(
      stateOf([
        result('S-001: works', 'passed'),
        result('S-002 (part: loading): works', 'passed'),
        result('S-003: one', 'passed'),
        result('S-003: two', 'failed'),
        result('S-004: needs a program', 'skipped'),
      ]),
    ).toEqual({
      'S-001': 'passing',
      'S-002': 'part',
      'S-003': 'failing',
      'S-004': 'not run',
      'S-005': 'missing',
    })
  })

  test('a failing part makes it fail, whatever else passes', () => {
    const tests = [result('S-001: all', 'passed'), result('S-001 (part: a): b', 'failed')]
    expect(stateOf(tests)['S-001']).toBe('failing')
  })

  test('is not shown by a test that was skipped', () => {
    const tests = [result('S-001: all', 'skipped'), result('S-001 (part: a): b', 'passed')]
    expect(stateOf(tests)['S-001']).toBe('part')
  })
})

test('several rows may stand in one title', () => {
  expect(claimsOf('S-034, S-035 (part: text): chat')).toEqual([
    { id: 'S-034', part: undefined },
    { id: 'S-035', part: 'text' },
  ])
  expect(claimsOf('the break of S-034 fits')).toEqual([])
})

test('a page that claims more than the run showed is found out', () => {
  const good = conformance(requirements, [
    result('S-001: a', 'passed'),
    result('S-002 (part: x): a', 'passed'),
    result('S-004: a', 'passed'),
  ])
  const page = conformancePage(good)
  expect(statesOf(page).get('S-001')).toBe('passing')
  expect(statesOf(page).get('S-002')).toBe('part')
  const bad = conformance(requirements, [
    result('S-001: a', 'failed'),
    result('S-004: a', 'skipped'),
  ])
  expect(falseClaims(page, good)).toEqual([])
  expect(falseClaims(page, bad).map(({ id }) => id)).toEqual(['S-001', 'S-002'])
})

test('the summary counts every row once', () => {
  expect(areaTable(conformance(requirements, [result('S-001: a', 'passed')]))).toContain(
    'Of 5 requirements 1 pass, 0 in part, 0 fail, 0 were not run, 4 are missing.',
  )
})
