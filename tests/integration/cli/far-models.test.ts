/** Files of models through the gateway of a node that has no engine: all of it goes over the link to the node that has one. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../../src/sys/random.ts'
import { type NodeProcess, productLine, startNode } from '../../support/node-process.ts'
import { flipBit } from '../../support/registry/rot.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { User } from './command-line.ts'

let owner: NodeProcess
let entry: NodeProcess
let entryFolder: TemporaryDirectory
let user: User

const withArguments = (verb: string, folder: string, ...args: readonly string[]) => {
  const ports = ['--port', '0', '--ollama-port', '0', '--link-port', '0']
  const places = ['--data-dir', folder, '--link-listen', '127.0.0.1']
  return productLine([verb, ...places, ...ports, ...args])
}

/** What of a node's models a gateway shows. */
async function digestOf(gateway: string, name: string): Promise<string | undefined> {
  const { models } = (await (await fetch(`${gateway}/api/tags`)).json()) as {
    models: { name: string; digest: string }[]
  }
  return models.find((model) => model.name === name)?.digest
}

const run = (...args: readonly string[]) => user.run([...args, '--host', entry.gateway])

beforeAll(async () => {
  user = await User.create()
  owner = await startNode({ args: ['--link-listen', '127.0.0.1'] })
  const [, peer = ''] = await owner.saw(/^Peer +(\S+)$/m)
  const created = await user.run(['token', 'create', '--json', '--data-dir', owner.dataDir])
  const { token } = JSON.parse(created.stdout) as { token: string }
  entryFolder = await makeTemporaryDirectory()
  const joining = ['--peer', peer, '--token', token]
  const command = withArguments('join', entryFolder.path, ...joining)
  entry = await startNode({ dataDir: entryFolder.path, command })
  const stopped = await run('engines', 'stop', 'embedded')
  if (stopped.code !== 0) throw new Error(stopped.stderr)
  await until('the far model to be seen', async () => digestOf(entry.gateway, 'pocket:latest'))
})

afterAll(async () => {
  await Promise.all([owner, entry].map((node) => node?.[Symbol.asyncDispose]()))
  await Promise.all([entryFolder?.remove(), user?.remove()])
})

test('models export: the archive is that of the other node, byte for byte', async () => {
  const [far, near] = [user.home.inside('far.tar'), user.home.inside('near.tar')]
  const exported = await run('models', 'export', 'pocket', far)
  expect([exported.code, exported.stdout, exported.stderr]).toEqual([
    0,
    `exported pocket to ${far}\n`,
    '',
  ])
  const there = ['models', 'export', 'pocket', near, '--json', '--host', owner.gateway]
  const { bytes } = JSON.parse((await user.run(there)).stdout) as { bytes: number }
  expect(readFileSync(far).equals(readFileSync(near))).toBe(true)
  expect(readFileSync(far).length - bytes).toBeGreaterThan(0)
  expect(readFileSync(far).length - bytes).toBeLessThan(20_000)
  const unknown = await run('models', 'export', 'nobody', user.home.inside('nobody.tar'))
  expect([unknown.code, unknown.stderr]).toMatchObject([
    1,
    expect.stringContaining("'nobody:latest' not found"),
  ])
})

test('models import: an archive comes to the node that has an engine, and every gateway shows it at once', async () => {
  const file = user.home.inside('far.tar')
  const imported = await run('models', 'import', file, '--name', 'carried', '--json')
  expect([imported.stderr, JSON.parse(imported.stdout)]).toEqual([
    '',
    { models: ['carried:latest'] },
  ])
  const digest = await digestOf(owner.gateway, 'pocket:latest')
  expect(await digestOf(entry.gateway, 'carried:latest')).toBe(digest)
  expect(await digestOf(owner.gateway, 'carried:latest')).toBe(digest)
  const cut = user.home.inside('cut.tar')
  copyFileSync(file, cut)
  truncateSync(cut, 100_000)
  const refused = await run('models', 'import', cut)
  expect([refused.code, refused.stderr]).toMatchObject([
    1,
    expect.stringContaining('the archive cannot be read'),
  ])
})

test('models import: a GGUF file and a folder with weights become models there', async () => {
  const folder = user.home.inside('weights')
  mkdirSync(folder)
  copyFileSync('assets/pocket/pocket.gguf', `${folder}/w.gguf`)
  for (const [path, name] of [
    [`${folder}/w.gguf`, 'of-file'],
    [folder, 'of-folder'],
  ] as const) {
    const imported = await run('models', 'import', path, '--name', name)
    expect([imported.code, imported.stdout]).toEqual([0, `imported ${name}\n`])
    expect(await digestOf(owner.gateway, `${name}:latest`)).toMatch(/^[0-9a-f]{64}$/)
    const archive = user.home.inside(`${name}.tar`)
    expect((await run('models', 'export', name, archive)).code).toBe(0)
    const blob = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' })
    const hash = execFileSync('sha256sum', ['assets/pocket/pocket.gguf'], { encoding: 'utf8' })
    expect(blob).toContain(`blobs/sha256-${hash.slice(0, 64)}\n`)
  }
})

test('models export: a file that has rotted there does not become an archive here', async () => {
  const [weights = ''] = execFileSync('sha256sum', ['assets/pocket/pocket.gguf'], {
    encoding: 'utf8',
  }).split(' ')
  const blob = `${owner.dataDir}/models/blobs/sha256-${weights}`
  await flipBit(blob, seededRandom(5))
  const file = user.home.inside('rotten.tar')
  const failed = await run('models', 'export', 'pocket', file)
  expect([failed.code, failed.stdout]).toEqual([1, ''])
  expect(failed.stderr).toContain('the archive of pocket ended before it was whole')
  expect([file, `${file}.part`].map((path) => existsSync(path))).toEqual([false, false])
  copyFileSync('assets/pocket/pocket.gguf', blob)
})

test('without any embedded engine it is said what is missing', async () => {
  const file = user.home.inside('far.tar')
  const stopped = await user.run(['engines', 'stop', 'embedded', '--host', owner.gateway])
  expect(stopped.code).toBe(0)
  await until('no engine to be shown as running', async () => {
    const answer = await fetch(`${entry.gateway}/api/v1/instances`)
    const { instances } = (await answer.json()) as { instances: { state: string }[] }
    return instances.every(({ state }) => state !== 'running')
  })
  for (const args of [
    ['import', file],
    ['export', 'pocket', user.home.inside('none.tar')],
  ]) {
    const failed = await run('models', ...args)
    expect([failed.code, failed.stderr]).toMatchObject([1, expect.stringContaining('embedded')])
  }
})
