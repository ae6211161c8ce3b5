import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { settingRows } from '../../src/config/index.ts'
import { configPage, configSchemaText } from './config-page.ts'

const committed = (name: string) =>
  readFileSync(resolve(import.meta.dirname, '../../docs/reference', name), 'utf8')

test('the committed page of settings is the one that the table gives', () => {
  expect(committed('config.md')).toBe(configPage())
})

test('the committed JSON Schema is the one that the table gives', () => {
  expect(committed('config.schema.json')).toBe(configSchemaText())
})

test('every key of the page is in the table, and every key of the table on the page', () => {
  const keys = [...committed('config.md').matchAll(/^### `(.+)`$/gm)].map((match) => match[1])
  expect(keys).toEqual([...settingRows.keys()])
})
