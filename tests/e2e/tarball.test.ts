import { execFileSync } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { n24, projectDir } from '../support/n24.ts'
import { type Finished, type NodeProcess, runToEnd, startNode } from '../support/node-process.ts'
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts'
import { type Clone, coldTimeoutMs, makeClone, userEnvironment } from './clone-tree.ts'

/** The engine's native libraries are 34 MB of it; the rest is JavaScript. */
const installedBytesMax = 80e6

/** What the package is made of; npm adds README and licence by itself. */
const packedNames = ['LICENSE', 'NOTICE', 'README.md', 'assets', 'bin', 'dist', 'package.json']

let clone: Clone
let home: TemporaryDirectory
let data: TemporaryDirectory
beforeAll(async () => {
  clone = await makeClone({ packages: true })
  home = await makeTemporaryDirectory()
  data = await makeTemporaryDirectory()
})
afterAll(async () => {
  await Promise.all([clone.remove(), home.remove(), data.remove()])
})

/** A machine whose Node is the one that runs the tests. */
function newNodeEnvironment(): Record<string, string | undefined> {
  const user = userEnvironment()
  return { ...user, PATH: `${dirname(n24)}${delimiter}${user['PATH']}` }
}

async function npm(args: readonly string[], cwd: string): Promise<Finished> {
  const line = { command: 'npm', args, cwd, env: newNodeEnvironment() }
  const done = await runToEnd(line, { timeoutMs: coldTimeoutMs })
  if (done.code !== 0) throw new Error(`npm ${args.join(' ')}\n${done.stdout}\n${done.stderr}`)
  return done
}

describe('the packed tarball', () => {
  test('is built from the source, and carries nothing that only a clone needs', async () => {
    const packed = await npm(['pack', '--json', '--pack-destination', home.path], clone.path)
    const json = packed.stdout.slice(packed.stdout.indexOf('[\n')) // after the steps of the build
    const [{ files }] = JSON.parse(json) as [{ files: { path: string }[] }]
    const paths = files.map(({ path }) => path)
    expect(new Set(paths.map((path) => path.split('/')[0]))).toEqual(new Set(packedNames))
    expect(paths).toContain('dist/main.js')
    expect(paths.filter((path) => /\.test\.|\.(?<!d\.)ts$/.test(path))).toEqual([])
  })

  test('installs into an empty folder, without Node, CUDA, Vulkan or foreign platforms', async () => {
    await writeFile(home.inside('package.json'), '{ "private": true }')
    const [tarball = ''] = (await readdir(home.path)).filter((name) => name.endsWith('.tgz'))
    await npm(['install', '--no-audit', '--no-fund', `./${tarball}`], home.path)
    const du = execFileSync('du', ['-sb', 'node_modules'], { cwd: home.path, encoding: 'utf8' })
    const sizeBytes = Number.parseInt(du, 10)
    console.log(`installed from the tarball: ${(sizeBytes / 1e6).toFixed(1)} MB`)
    expect(sizeBytes).toBeLessThan(installedBytesMax)

    const installed = await readdir(home.inside('node_modules'), { recursive: true })
    const isBallast =
      /\/bin\/node(\.exe)?$|cuda|vulkan|(^|\/)node-(linux|win|darwin)-|\/typescript\//i
    expect(installed.filter((path) => isBallast.test(path))).toEqual([])
    const platforms = installed.filter((path) =>
      /^@[^/]+\/[^/]*(linux|mac|darwin|win)[^/]*$/.test(path),
    )
    const isForeign = (path: string) =>
      !path.includes(process.platform) || !path.includes(process.arch)
    expect(platforms.length).toBeGreaterThan(0)
    expect(platforms.filter(isForeign)).toEqual([])
  })

  test('S-010 (part: package), S-011 (part: package), S-013 (part: package): is imported as a library, with types', async () => {
    const names = [
      'OllamaAPIGateway',
      'OllamaHealthMonitor',
      'OllamaProcessManager',
      'SimpleOllamaIntegration',
    ]
    await writeFile(
      home.inside('program.mts'),
      `import { ${names.join(', ')} } from 'ollama-distributed'
const manager: OllamaProcessManager = new OllamaProcessManager({ dataDir: '/nowhere' }, console)
const kinds: readonly string[] = manager.instances().map(({ kind }) => kind)
const gateway: OllamaAPIGateway = new OllamaAPIGateway({ manager, loadBalancing: 'round_robin' })
// @ts-expect-error: no such strategy
void (() => new OllamaAPIGateway({ loadBalancing: 'random' }))
// @ts-expect-error: a port is a number
void (() => manager.startInstance('default', { port: '11434' }))
console.log(kinds.length, typeof gateway.start, typeof OllamaHealthMonitor, typeof SimpleOllamaIntegration)
process.exit(0)
`,
    )
    const compiler = join(projectDir, 'node_modules', 'typescript', 'bin', 'tsc')
    const types = join(projectDir, 'node_modules', '@types')
    const flags = ['--strict', '--module', 'nodenext', '--noEmit', '--typeRoots', types]
    const line = { cwd: home.path, env: newNodeEnvironment(), command: n24 }
    const checked = await runToEnd(
      { ...line, args: [compiler, ...flags, '--types', 'node', 'program.mts'] },
      { timeoutMs: coldTimeoutMs },
    )
    expect(checked).toMatchObject({ code: 0, stdout: '' })
    const ran = await runToEnd({ ...line, args: ['program.mts'] })
    expect(ran).toMatchObject({ code: 0, stdout: '0 function function function\n' })
  })

  test('starts by its command, answers and stops', async () => {
    const ports = ['--port', '0', '--ollama-port', '0', '--link-port', '0']
    const node: NodeProcess = await startNode({
      dataDir: data.path,
      command: ['node_modules/.bin/ollama-distributed', 'start', '--data-dir', data.path, ...ports],
      cwd: home.path,
      env: newNodeEnvironment(),
    })
    try {
      const response = await fetch(`${node.gateway}/api/generate`, {
        method: 'POST',
        body: JSON.stringify({ model: 'pocket', prompt: 'Why is the sky blue?', stream: false }),
      })
      expect(await response.json()).toMatchObject({
        done: true,
        response: expect.stringMatching(/\w/),
      })
      expect(await node.stop()).toEqual({ code: 0, signal: null })
      await node.assertNothingLeft()
    } finally {
      await node[Symbol.asyncDispose]()
    }
  })
})
