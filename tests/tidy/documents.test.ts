import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './source-files.ts'

const read = (path: string) => readFileSync(resolve(root, path), 'utf8')
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts

describe('the documents', () => {
  test("S-132: the README leads to Ollama's own documents", () => {
    expect(read('README.md')).toMatch(/\]\(https:\/\/github\.com\/ollama\/ollama/)
  })

  test('S-128 (part: commands exist): every npm command that CONTRIBUTING names is a script of the package', () => {
    const text = read('CONTRIBUTING.md')
    const named = [...text.matchAll(/npm (?:run ([\w:]+)|(start|test))/g)].map(
      ([, script, short]) => script ?? short ?? '',
    )
    expect(named.length).toBeGreaterThan(4)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
    for (const [path] of text.matchAll(/`((?:src|tests|docs)\/[\w/.-]+)`/g)) {
      const target = path.slice(1, -1)
      expect(existsSync(resolve(root, target)), target).toBe(true)
    }
  })

  test('S-133: the generated page has every requirement with its tests, the README its summary', () => {
    const rows = [...read('docs/conformance.md').matchAll(/^\| (S-\d{3}) \| (\w[\w ]*)/gm)]
    expect(rows.map(([, id]) => id)).toEqual(
      Array.from({ length: 136 }, (_, index) => `S-${String(index + 1).padStart(3, '0')}`),
    )
    expect(read('README.md')).toMatch(/Of 136 requirements \d+ pass/)
  })
})
