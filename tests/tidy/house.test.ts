import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root, sourceFiles } from './source-files.ts'

const linesMax = 300
const source = sourceFiles('src')
const everything = sourceFiles('src', 'tests', 'tools')

test('enough files were read to mean anything', () => {
  console.log(`house: read ${everything.length} TypeScript files`)
  expect(everything.length).toBeGreaterThan(200)
})

test(`no source file is over ${linesMax} lines`, () => {
  const long = source.filter(({ path, lines }) => lines > linesMax && !path.endsWith('.test.ts'))
  expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([])
})

test('no file has a name that says nothing', () => {
  const names = /\/(utils?|helpers?|misc|common|stuff)\.ts$/
  expect(everything.filter(({ path }) => names.test(path)).map(({ path }) => path)).toEqual([])
})

test('no default exports, no explicit any, nothing left for later', () => {
  const banned = /^export default|:\s*any\b|\bas any\b|\b(TODO|FIXME|XXX)\b|\.(skip|todo|only)\(/m
  const guilty = everything
    .filter(({ path }) => !path.startsWith('tests/tidy/'))
    .filter(({ path }) => path !== 'tools/clone/stuck-run.ts') // what vitest loads by its path has to be the default
    .filter(({ text }) => banned.test(text.replaceAll(/\/\*[\s\S]*?\*\//g, '')))
  expect(guilty.map(({ path }) => path)).toEqual([])
})

describe('tracked files', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && existsSync(resolve(root, path)))
  const texts = tracked.filter((path) => !/\.(gguf|png|tgz)$|package-lock\.json$/.test(path))

  test('name no folder of a machine and no host of a package registry', () => {
    const home = ['work', 'farm', 'root'].join('|')
    const hosts = ['registry\\.npmjs', 'files\\.pythonhosted', 'pypi\\.org/', 'proxy\\.golang']
    const leak = new RegExp(`(^|[^A-Za-z0-9_.-])/(${home})/|${hosts.join('|')}`)
    const guilty = texts.filter((path) => leak.test(readFileSync(resolve(root, path), 'utf8')))
    expect(guilty).toEqual([])
  })

  test('the lock file records no download addresses', () => {
    expect(readFileSync(resolve(root, 'package-lock.json'), 'utf8')).not.toContain(
      '"resolved": "http',
    )
  })

  test('links between documents lead somewhere', () => {
    const documents = texts.filter((path) => path.endsWith('.md'))
    const broken = documents.flatMap((path) => {
      const text = readFileSync(resolve(root, path), 'utf8')
      const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      return links
        .map(([, target = '']) => target)
        .filter((target) => !existsSync(resolve(root, dirname(path), target)))
        .map((target) => `${path}: ${target}`)
    })
    expect(documents.length).toBeGreaterThan(8)
    expect(broken).toEqual([])
  })
})
