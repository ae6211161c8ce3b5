import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { apiPaths } from '../../src/admin/index.ts'
import { routes } from '../../src/gateway/index.ts'
import { routesPage } from './routes-page.ts'

const committed = readFileSync(
  resolve(import.meta.dirname, '../../docs/reference/routes.md'),
  'utf8',
)

test('the committed page of routes is the one that the table gives', () => {
  expect(committed).toBe(routesPage())
})

test('every path of the page is in the table, and every path of the table on the page', () => {
  const paths = [...committed.matchAll(/^\| `(\/.*?)` \|/gm)].map((match) => match[1])
  expect(paths).toEqual([...routes, ...apiPaths].map(({ path }) => path))
})
