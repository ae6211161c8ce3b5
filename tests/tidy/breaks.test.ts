import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { breaks } from '../../tools/docs/breaks.ts'
import { statesOf } from '../../tools/docs/conformance.ts'
import { root } from './source-files.ts'

const page = readFileSync(resolve(root, 'docs/conformance.md'), 'utf8')

test('every row that the page calls passing has a break that would turn it red', () => {
  const passing = [...statesOf(page)].filter(([, state]) => state === 'passing').map(([id]) => id)
  expect(passing.filter((id) => breaks[id] === undefined)).toEqual([])
})

test.each(Object.entries(breaks))('the break of %s still fits its file', (_, { file, find }) => {
  expect(readFileSync(resolve(root, file), 'utf8')).toContain(find)
})
