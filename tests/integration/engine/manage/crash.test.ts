import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { quantizeTensors } from '../../../../src/engine/quantizer/index.ts'
import { Catalogue, openModelStore } from '../../../../src/models/index.ts'
import { systemClock } from '../../../../src/sys/clock.ts'
import { silentLog } from '../../../../src/sys/log.ts'
import { systemDisk } from '../../../../src/sys/store-files.ts'
import { n24 } from '../../../support/n24.ts'
import { passOn } from '../../../support/pass-on.ts'
import { makeTemporaryDirectory } from '../../../support/temporary-directory.ts'
import { blobFiles, pocketFile, sha256 } from './manage-engine.ts'

const open = (modelDir: string) =>
  openModelStore({
    modelDir,
    disk: systemDisk,
    quantizer: quantizeTensors,
    clock: systemClock,
    log: silentLog,
  })
const script = fileURLToPath(new URL('./changing-process.ts', import.meta.url))

/** Runs the changing process and kills it when it has said its `count`-th line. */
async function killAtLine(modelDir: string, count: number): Promise<void> {
  const child = spawn(n24, [script, modelDir, pocketFile], { stdio: ['ignore', 'pipe', 'pipe'] })
  passOn(child.stderr)
  const exited = once(child, 'exit')
  let seen = 0
  createInterface(child.stdout).on('line', () => {
    seen += 1
    if (seen === count) child.kill('SIGKILL')
  })
  await exited
  expect(seen).toBeGreaterThanOrEqual(count)
}

/** Every listed model has all its blobs, each with the right hash, and no half-written file is left. */
async function expectSound(modelDir: string): Promise<readonly string[]> {
  const models = await new Catalogue(modelDir, silentLog).list()
  for (const model of models) {
    if ('remote' in model) throw new Error('a stub that nobody made')
    const { weightsPath, system, parameters, licenses } = model
    expect(sha256(await readFile(weightsPath))).toBe(sha256(await readFile(pocketFile)))
    expect(system).toBe(`round ${Number(parameters['seed'])}`)
    expect(licenses).toEqual(['a licence'])
  }
  for (const name of await blobFiles({ modelDir })) {
    expect(sha256(await readFile(join(modelDir, 'blobs', name))).replace(':', '-')).toBe(name)
  }
  return models.map(({ name }) => name)
}

test('a store killed at any step holds whole models only, and goes on', async () => {
  const directory = await makeTemporaryDirectory()
  const seen = new Set<string>()
  try {
    await mkdir(directory.inside('blobs'))
    for (const line of [1, 2, 4, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]) {
      await killAtLine(directory.path, line)
      const store = await open(directory.path)
      for (const name of await expectSound(directory.path)) seen.add(name)
      const other = { host: 'h', namespace: 'n', model: 'm', tag: 't' }
      expect(await store.copy(other, { ...other, tag: 'u' })).toBe(false)
    }
    expect([...seen]).toContain('one:latest') // it was killed with models there, not only without
  } finally {
    await directory.remove()
  }
}, 60_000)

test('what a crash left is cleared at the next start, other files are not', async () => {
  const directory = await makeTemporaryDirectory()
  try {
    await mkdir(directory.inside('blobs'))
    const put = (name: string) => writeFile(directory.inside('blobs', name), 'x')
    const orphan = `sha256-${'1'.repeat(64)}`
    const fresh = `sha256-${'2'.repeat(64)}`
    await Promise.all(['.tmp-0123456789ab', orphan, fresh, 'notes.txt'].map(put))
    const twoHoursAgo = Date.now() / 1000 - 7200
    await utimes(directory.inside('blobs', orphan), twoHoursAgo, twoHoursAgo)
    await open(directory.path)
    expect(await blobFiles({ modelDir: directory.path })).toEqual(['notes.txt', fresh])
  } finally {
    await directory.remove()
  }
})
