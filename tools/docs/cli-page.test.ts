import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { commandTable } from '../../src/cli/index.ts'
import { cliPage } from './cli-page.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/reference/cli.md'), 'utf8')

test('the page is what the table of commands gives', () => {
  expect(page).toBe(cliPage())
})

test('every command has its part, and every part is a command', () => {
  const parts = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
  const others = ['Commands', 'Exit codes', 'Environment']
  expect(parts).toEqual([...others, ...commandTable.map(({ name }) => name)])
})
