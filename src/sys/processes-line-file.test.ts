import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lineFile } from './processes-line-file.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'od-test-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

test('lines are appended, over a close and in a folder that was not there', () => {
  const path = join(folder, 'logs', 'engine.log')
  const file = lineFile(path)
  file.write('one')
  file.close()
  file.write('two')
  file.close()
  file.close()
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
})

test('a file of more than 16 MiB is moved aside, over the one before', () => {
  const path = join(folder, 'engine.log')
  writeFileSync(`${path}.1`, 'oldest\n')
  writeFileSync(path, 'old\n')
  truncateSync(path, 16 * 1024 * 1024)
  const file = lineFile(path)
  file.write('last')
  file.write('first')
  file.close()
  expect(readFileSync(path, 'utf8')).toBe('first\n')
  expect(statSync(`${path}.1`).size).toBe(16 * 1024 * 1024 + 'last\n'.length)
})

test('a line that cannot be written is lost, and nothing else happens', () => {
  writeFileSync(join(folder, 'taken'), '')
  const file = lineFile(join(folder, 'taken', 'engine.log'))
  file.write('lost')
  file.close()
})
