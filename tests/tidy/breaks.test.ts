import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { statesOf } from '../../tools/docs/conformance.ts'
import { breaks } from '../../tools/drill/breaks.ts'
import { guards } from '../../tools/drill/guards.ts'
import { linkGuards } from '../../tools/drill/link-guards.ts'
import { modelGuards } from '../../tools/drill/model-guards.ts'
import { linkCases } from '../attack/link-cases.ts'
import { root } from './source-files.ts'

const page = readFileSync(resolve(root, 'docs/conformance.md'), 'utf8')

test('every row that the page calls passing has a break that would turn it red', () => {
  const passing = [...statesOf(page)].filter(([, state]) => state === 'passing').map(([id]) => id)
  expect(passing.filter((id) => breaks[id] === undefined)).toEqual([])
})

test('every row of the attack table from A-01 to A-24 has a guard that it needs', () => {
  const rows = Array.from({ length: 24 }, (_, i) => `A-${String(i + 1).padStart(2, '0')}`)
  expect([...new Set(guards.flatMap((guard) => guard.rows))].sort()).toEqual(rows)
})

test('every row about the link port has a guard that it needs', () => {
  const rows = new Set(linkCases.map(({ title }) => title.slice(0, 4)))
  const guarded = new Set(linkGuards.flatMap((guard) => guard.rows))
  expect([...rows].filter((row) => !guarded.has(row))).toEqual([])
})

test('every row about registries, the store and weights that has a test has a guard that it needs', () => {
  const files = ['registries', 'registry-bytes', 'store', 'gguf-cases'].map((name) =>
    readFileSync(
      resolve(root, `tests/attack/${name}${name === 'gguf-cases' ? '' : '.test'}.ts`),
      'utf8',
    ),
  )
  const rows = new Set(files.flatMap((text) => text.match(/\bA-\d+/g) ?? []))
  const guarded = new Set(modelGuards.flatMap((guard) => guard.rows))
  const left = [
    'A-48', // with A-47
    'A-101', // no guard, but the order of a pull
    'A-107', // three guards, each of which is enough
    'A-110', // likewise
  ]
  expect([...rows].filter((row) => !guarded.has(row) && !left.includes(row))).toEqual([])
})

test.each([
  ...Object.entries(breaks),
  ...[...guards, ...linkGuards, ...modelGuards].map((guard) => [guard.rows.join(), guard] as const),
])('the break of %s still fits its file', (_, { file, find }) => {
  expect(readFileSync(resolve(root, file), 'utf8').split(find)).toHaveLength(2)
})
