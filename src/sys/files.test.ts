import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { filesBelow } from './files.ts'

test('files below a folder are all, unless there are more than are wanted, or a folder is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'od-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), '')
  const counted = async (path: string, countMax: number) => {
    const { files, areAll } = await filesBelow(path, { depth: 1, countMax })
    return [files.length, areAll]
  }
  expect(await counted(folder, 3)).toEqual([3, true])
  expect(await counted(folder, 2)).toEqual([2, false])
  expect(await counted(join(folder, 'absent'), 3)).toEqual([0, true])
  expect(await counted(join(folder, 'a'), 3)).toEqual([0, false])
})
