import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../../tests/support/temporary-directory.ts'
import { type FolderRights, rightsOf } from '../../sys/folder-rights.ts'
import { folderFinding } from './folders.ts'

let directory: TemporaryDirectory
beforeAll(async () => {
  directory = await makeTemporaryDirectory()
})
afterAll(() => directory.remove())

test('a folder that is there is told with its owner, one that is not with where it is made', async () => {
  const path = directory.inside('there')
  await mkdir(path, { mode: 0o755 })
  await chmod(path, 0o755)
  const uid = process.getuid?.()
  expect(folderFinding('data', path, await rightsOf(path))).toEqual({
    topic: 'data',
    state: 'ok',
    text: uid === undefined ? path : `${path}, belongs to user ${uid}, mode 755`,
  })
  const below = `${path}/a/b`
  expect(folderFinding('data', below, await rightsOf(below))).toMatchObject({
    state: 'ok',
    text: `${below}, is made when a node starts in ${path}`,
  })
})

test('a file in the place of a folder is a problem', async () => {
  const path = directory.inside('file')
  await writeFile(path, '')
  expect(folderFinding('data', path, await rightsOf(path))).toMatchObject({
    state: 'problem',
    text: `${path}: ${path} is no folder`,
  })
})

const forbidden: FolderRights = {
  found: '/my data',
  isThere: true,
  problem: 'forbidden',
  owner: 0,
  self: 1000,
  mode: '755',
}

test('S-111: without the right to write it names folder, owner and mode, and the line that helps', () => {
  expect(folderFinding('data', '/my data', forbidden)).toEqual({
    topic: 'data',
    state: 'problem',
    text: '/my data: user 1000 may not write in /my data, which belongs to user 0 and has mode 755',
    fix: "sudo chown -R 1000 '/my data'   or name another folder with --data-dir",
  })
  const own = { ...forbidden, owner: 1000, mode: '555' }
  expect(folderFinding('data', '/my data', own).fix).toBe("chmod u+rwx '/my data'")
})

test('the superuser is warned that files would become its own', () => {
  const foreign = { ...forbidden, problem: 'none', owner: 1000, self: 0 } as const
  expect(folderFinding('data', '/my data', foreign)).toMatchObject({ state: 'warning' })
})
