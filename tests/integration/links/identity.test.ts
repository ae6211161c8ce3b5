/** The key of a node as a file. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadIdentity } from '../../../src/cluster/identity/index.ts'
import { passOn } from '../../support/pass-on.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

test('a node keeps its name over restarts, in a file for its user alone', async () => {
  const { path, file } = await newDirectory()
  const made = await loadIdentity(path)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const { peer, certificate } = await loadIdentity(path)
  expect([peer, certificate]).toEqual([made.peer, made.certificate])
  expect(await readdir(path)).toEqual(['identity.key'])
})

test('a key that was damaged is never taken for another one', async () => {
  const { path, file } = await newDirectory()
  await loadIdentity(path)
  const whole = await readFile(file)
  const damaged = [
    Buffer.alloc(0),
    whole.subarray(1),
    whole.subarray(0, -1),
    Buffer.concat([whole, Buffer.of(0)]),
    Buffer.from('-----BEGIN PRIVATE KEY-----\n'),
    ...Array.from(whole, (_, at) => withBitTurned(whole, at)),
  ]
  for (const bytes of damaged) {
    await writeFile(file, bytes)
    const error = await loadIdentity(path).catch((thrown: unknown) => thrown)
    expect(error, bytes.toString('hex')).toMatchObject({ code: 'OD_IDENTITY_DAMAGED' })
    expect(await readFile(file)).toEqual(bytes) // it is the owner's to put right
  }
})

const spoilers: readonly [string, string, (file: string) => Promise<void>][] = [
  ['others may read', 'EXPOSED', (file) => chmod(file, 0o644)],
  ['the group may write', 'EXPOSED', (file) => chmod(file, 0o620)],
  [
    'is a link to one elsewhere',
    'EXPOSED',
    async (file) => {
      await rename(file, `${file}.real`)
      await symlink(`${file}.real`, file)
    },
  ],
  [
    'is a folder',
    'UNREADABLE',
    async (file) => {
      await rename(file, `${file}.real`)
      await mkdir(file)
    },
  ],
]

test.runIf(process.platform !== 'win32').each(spoilers)(
  'A-149: a key that %s is refused, with what to do',
  async (_, code, spoil) => {
    const { path, file } = await newDirectory()
    await loadIdentity(path)
    await spoil(file)
    const error = await loadIdentity(path).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: `OD_IDENTITY_${code}` })
    expect(error).toMatchObject({ remedy: expect.stringContaining('chmod 600') })
    expect(String(error)).toContain(file)
  },
)

test('a data directory in which nothing can be made is named', async () => {
  const { file } = await newDirectory()
  await writeFile(file, '')
  const error = await loadIdentity(join(file, 'below')).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: expect.stringMatching(/^OD_(NODE_DATA_DIR|IDENTITY_UNR)/) })
})

test('a kill at any moment leaves the whole key or none', async () => {
  const { path } = await newDirectory()
  let made = 0
  for (let round = 0; round < 10; round++) {
    const folder = join(path, String(round))
    const child = fork(new URL('./key-maker.ts', import.meta.url), [folder], { silent: true })
    passOn(child.stdout, child.stderr)
    await until('some keys are made', async () => (await readdir(folder)).length > round)
    child.kill('SIGKILL')
    await once(child, 'exit')
    for (const name of await readdir(folder)) {
      const dataDir = join(folder, name)
      const files = await readdir(dataDir)
      const isThere = files.includes('identity.key')
      const before = isThere ? await readFile(join(dataDir, 'identity.key')) : undefined
      await loadIdentity(dataDir)
      if (before === undefined) continue
      made++
      expect(await readFile(join(dataDir, 'identity.key'))).toEqual(before)
    }
  }
  expect(made).toBeGreaterThan(10)
})

async function newDirectory() {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  return { ...directory, file: directory.inside('identity.key') }
}

function withBitTurned(bytes: Buffer, at: number): Buffer {
  const turned = Buffer.from(bytes)
  turned[at] = (turned[at] ?? 0) ^ 1
  return turned
}
