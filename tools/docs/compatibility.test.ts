import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rules as allRules } from '../../tests/contract/golden/rules.ts'
import {
  compatibilityPage,
  falsePraise,
  type GoldenMark,
  mergedRows,
  rowsOf,
  subjectRows,
} from './compatibility.ts'

const rules = ['first', 'second', 'third'].map((title) => ({ title, reason: `why ${title}` }))
const marksOf = (subject: string, ...rest: Omit<GoldenMark, 'subject' | 'group'>[]) =>
  rest.map((mark) => ({ subject, group: 'chat', ...mark }))
const good = marksOf(
  'a gateway',
  { outcome: 'equal' },
  { outcome: 'listed', rule: 'third' },
  { outcome: 'listed', rule: 'first' },
  { outcome: 'not asked' },
)
const counted = {
  subject: 'a gateway',
  cases: 4,
  equal: 1,
  listed: 2,
  different: 0,
  notAsked: 1,
  shares: {
    native: { equal: 1, asked: 3 },
    routes: { equal: 1, asked: 3 },
    v1: { equal: 0, asked: 0 },
  },
}

test('a run is counted by subject, with the rules that it needed', () => {
  expect(subjectRows(good, rules)).toEqual([{ ...counted, rules: [1, 3] }])
})

test('what pulls and pushes belongs to no family, and a share is never rounded up', () => {
  const groups = ['chat', 'http', 'v1-chat', 'v1-errors', 'pull', 'push']
  const marks = groups.map((group) => ({ subject: 'b', group, outcome: 'equal' as const }))
  const other = { subject: 'b', group: 'v1-chat', outcome: 'different' as const }
  const [row] = subjectRows([...marks, other], rules)
  expect(row?.shares).toEqual({
    native: { equal: 2, asked: 2 },
    routes: { equal: 1, asked: 1 },
    v1: { equal: 2, asked: 3 },
  })
  const page = compatibilityPage(row === undefined ? [] : [row], rules)
  expect(page).toContain('| b | 2 of 2 (100.0 %) | 1 of 1 (100.0 %) | 2 of 3 (66.6 %) |')
})

test('a page can be read back', () => {
  const rows = subjectRows([...good, ...marksOf('b', { outcome: 'different' })], rules)
  expect(rowsOf(compatibilityPage(rows, rules))).toEqual(rows)
})

test('a subject that a run did not ask keeps its line', () => {
  const page = compatibilityPage(subjectRows(good, rules), rules)
  const ran = subjectRows(marksOf('b', { outcome: 'equal' }), rules)
  expect(mergedRows(ran, page).map(({ subject }) => subject)).toEqual(['a gateway', 'b'])
})

describe('a page that praises more than the run showed is found out', () => {
  const page = compatibilityPage(subjectRows(good, rules), rules)

  test.each([
    ['the same', good, 0],
    ['one more that differs', [...good, ...marksOf('a gateway', { outcome: 'different' })], 1],
    [
      'one more by a rule',
      [...good, ...marksOf('a gateway', { outcome: 'listed', rule: 'first' })],
      1,
    ],
    ['a subject that is not there', marksOf('b', { outcome: 'equal' }), 1],
  ] as const)('%s', (_, marks, wrong) => {
    expect(falsePraise(page, subjectRows(marks, rules))).toHaveLength(wrong)
  })
})

describe('S-057 (part: docs/compatibility.md)', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/compatibility.md'), 'utf8')
  const rows = rowsOf(page)

  test('says of every rule what differs and why, at most fifteen, each needed somewhere', () => {
    expect(page).toBe(compatibilityPage(rows, allRules))
    expect(allRules.length).toBeLessThanOrEqual(15)
    const needed = new Set(rows.flatMap((row) => row.rules))
    expect([...needed].sort((a, b) => a - b)).toEqual(allRules.map((_, at) => at + 1))
  })

  test('has every engine directly and behind two nodes, our own behind one too; nothing differs without a reason', () => {
    expect(rows).toHaveLength(7)
    for (const { cases, notAsked, listed, different, subject } of rows) {
      expect(different, subject).toBe(0)
      expect(listed / (cases - notAsked), subject).toBeLessThanOrEqual(0.03)
    }
  })

  test.each([
    ['the embedded engine', 'native'],
    ['the embedded engine', 'v1'],
    ['a node with the embedded engine alone', 'native'],
    ['a node with the embedded engine alone', 'v1'],
    ['a gateway of two nodes before the embedded engine', 'routes'],
    ['a gateway of two nodes before the embedded engine', 'v1'],
  ] as const)('%s: of its %s cases at least 97 in 100 are as Ollama', (wanted, family) => {
    const share = rows.find(({ subject }) => subject === wanted)?.shares?.[family]
    expect(share?.asked).toBeGreaterThan(150)
    expect((share?.equal ?? 0) / (share?.asked ?? 1)).toBeGreaterThanOrEqual(0.97)
  })
})
