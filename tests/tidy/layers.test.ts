import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importsOf, type SourceFile, sourceFiles } from './source-files.ts'

/** What a folder of `src` may import: other folders, modules of Node, packages. See `docs/architecture.md`. */
interface Layer {
  readonly folders: readonly string[]
  readonly node: readonly string[] | 'all'
  readonly packages: readonly string[]
}

const pure = ['node:path', 'node:url', 'node:util', 'node:crypto', 'node:zlib']
const net = ['node:http', 'node:net', 'node:stream', 'node:events']

const layers: Readonly<Record<string, Layer>> = {
  core: { folders: [], node: [], packages: [] },
  wire: { folders: ['core'], node: ['node:buffer'], packages: [] }, // which acts on nothing
  sys: { folders: ['core'], node: 'all', packages: ['pino', 'systeminformation'] },
  config: { folders: ['core', 'sys'], node: pure, packages: ['zod', 'yaml'] },
  state: {
    folders: ['core', 'wire', 'sys'],
    node: [...pure, ...net],
    packages: ['undici', 'zod'],
  },
  models: {
    folders: ['core', 'wire', 'sys'],
    node: [...pure, 'node:net'],
    packages: ['undici', 'modern-tar', 'zod'],
  },
  engine: {
    folders: ['core', 'wire', 'sys'],
    node: [...pure, ...net, 'node:module'],
    packages: ['koffi', 'undici', '@huggingface/jinja'],
  },
  routing: { folders: ['core', 'wire', 'sys'], node: [], packages: [] },
  cluster: {
    folders: ['core', 'wire', 'sys'],
    node: [...pure, ...net, 'node:tls'],
    packages: ['undici', 'zod', 'dns-packet'],
  },
  gateway: {
    folders: ['core', 'wire', 'sys', 'routing'],
    node: [...pure, ...net],
    packages: ['undici'],
  },
  admin: { folders: ['core', 'wire', 'sys'], node: [], packages: ['zod'] },
  node: {
    folders: [
      'core',
      'wire',
      'sys',
      'config',
      'models',
      'cluster',
      'engine',
      'routing',
      'gateway',
      'admin',
      'state',
    ],
    node: [...pure, 'node:http'],
    packages: [],
  },
  'fake-engine': {
    folders: ['core', 'sys'],
    node: [...pure, ...net],
    packages: ['undici', 'zod'],
  },
  library: {
    folders: ['core', 'sys', 'config', 'engine', 'node'],
    node: pure,
    packages: ['undici'],
  },
  cli: {
    folders: ['core', 'wire', 'sys', 'config', 'node', 'fake-engine'],
    node: [...pure, 'node:readline', 'node:readline/promises', 'node:stream'],
    packages: ['commander', 'undici'],
  },
}

/** Folders whose files may be imported one by one; all others are entered by their `index.ts`. */
const open = ['core', 'wire', 'sys']

/** Fewer files than this means that the test looks in the wrong place. */
const filesMin = 160

const all = sourceFiles('src').filter(({ path }) => !path.endsWith('.test.ts'))
const inFolders = all.filter(({ path }) => path.split('/').length > 2)

test('the source tree was read', () => {
  console.log(`layers: read ${all.length} source files`)
  expect(all.length).toBeGreaterThanOrEqual(filesMin)
  const folders = new Set(inFolders.map(folderOf))
  expect([...folders].toSorted()).toEqual(Object.keys(layers).toSorted())
})

describe('imports follow the layers', () => {
  test.each(Object.keys(layers))('%s', (folder) => {
    const files = inFolders.filter((file) => folderOf(file) === folder)
    expect(files.length).toBeGreaterThan(0)
    expect(files.flatMap((file) => violations(file, layers[folder] as Layer))).toEqual([])
  })

  test('a wrong import would be noticed', () => {
    const file = (text: string): SourceFile => ({ path: 'src/models/x.ts', text, lines: 1 })
    const layer = layers['models'] as Layer
    const bad = [
      "import { a } from '../engine/index.ts'",
      "import type { A } from '../gateway/ports.ts'",
      "const a = await import('../cli/start.ts')",
      "import { readFile } from 'node:fs/promises'",
      "import koffi from 'koffi'",
    ]
    for (const text of bad) expect(violations(file(text), layer)).toHaveLength(1)
    expect(violations(file("import { a } from '../core/digest.ts'"), layer)).toEqual([])
  })
})

test('what acts on the machine or reads its clock goes through sys', () => {
  const acts =
    /\b(Date\.now\(|new Date\(\)|Math\.random\(|process\.env\b|setTimeout\(|setInterval\(|randomUUID\(|performance\.now\()/
  const guilty = inFolders
    .filter((file) => !['sys', 'cli'].includes(folderOf(file)))
    .filter(({ text }) => acts.test(withoutComments(text)))
  expect(guilty.map(({ path }) => path)).toEqual([])
})

function folderOf({ path }: SourceFile): string {
  return path.split('/')[1] ?? ''
}

function violations(file: SourceFile, layer: Layer): string[] {
  return importsOf(file).flatMap((target) => {
    const reason = target.startsWith('.')
      ? wrongFolder(file, target, layer)
      : wrongPackage(target, layer)
    return reason === undefined ? [] : [`${file.path}: ${target}: ${reason}`]
  })
}

function wrongFolder(file: SourceFile, target: string, layer: Layer): string | undefined {
  const path = posix.join(posix.dirname(file.path), target)
  const [, folder = '', ...rest] = path.split('/')
  if (folder === folderOf(file) || rest.length === 0) return undefined
  if (!layer.folders.includes(folder)) return `${folder} is not below it`
  const isDoor = rest.join('/') === 'index.ts'
  return open.includes(folder) || isDoor || isOwnDoor(folder, rest) ? undefined : 'not by its door'
}

/** `node` composes, and a command loads no other's code, so both enter some folders by the door of each part. */
function isOwnDoor(folder: string, rest: readonly string[]): boolean {
  return (
    ['engine', 'fake-engine', 'cluster'].includes(folder) &&
    rest.length === 2 &&
    rest[1] === 'index.ts'
  )
}

function wrongPackage(target: string, layer: Layer): string | undefined {
  if (target.startsWith('node:')) {
    return layer.node === 'all' || layer.node.includes(target) ? undefined : 'only sys may act'
  }
  return layer.packages.includes(target) ? undefined : 'this package belongs elsewhere'
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
