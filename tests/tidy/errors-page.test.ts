import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { catalogue } from '../../src/core/errors/index.ts'
import { errorsPage } from '../../tools/docs/errors-page.ts'
import { root, sourceFiles } from './source-files.ts'

const page = readFileSync(resolve(root, 'docs/reference/errors.md'), 'utf8')

test('the page is what the catalogue gives', () => {
  expect(page).toBe(errorsPage())
})

test('every code on the page is in the catalogue, and every code of the catalogue is raised somewhere', () => {
  const onPage = [...page.matchAll(/^\| (OD_\w+) /gm)].map(([, code]) => code)
  expect(new Set(onPage)).toEqual(new Set(Object.keys(catalogue)))
  const code = sourceFiles('src').filter(({ path }) => !path.startsWith('src/core/errors/'))
  const isRaised = (name: string) => code.some(({ text }) => text.includes(`'${name}'`))
  expect(Object.keys(catalogue).filter((name) => !isRaised(name))).toEqual([])
})

test('an entry says what is wrong and what to do, in sentences', () => {
  for (const [code, { text, remedy }] of Object.entries(catalogue)) {
    expect(text, code).not.toBe('')
    // A command repeats what the node says, which stands in the catalogue as well.
    if (code !== 'OD_CLI_ADVISED') expect(remedy, code).toMatch(/^[`A-Z].*\w/)
  }
})
