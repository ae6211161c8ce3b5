import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { apiTable } from '../../src/admin/index.ts'
import { apiPage, openApiText } from './api-page.ts'

const read = (name: string) =>
  readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8')

test('the committed OpenAPI document is the one that the table gives', () => {
  expect(read('openapi.json')).toBe(openApiText())
})

test('S-130 (part: management): the reference is made of the document, and has every route', () => {
  const page = read('API_REFERENCE.md')
  expect(page).toBe(apiPage())
  const headings = [...page.matchAll(/^### ([A-Z]+) (\/\S*)$/gm)].map(([, method, path]) => {
    return `${method} ${path?.replaceAll(/\{(\w+)\}/g, ':$1')}`
  })
  expect(headings).toEqual(apiTable.map(({ method, path }) => `${method} ${path}`))
})
