/** What changed in a model directory is noted for the part that tells others, whatever becomes of the change. */
import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseModelName, qualifiedName } from '../../../../src/core/model-name.ts'
import { ChangeJournal } from '../../../../src/models/changes.ts'
import { systemClock } from '../../../../src/sys/clock.ts'
import { silentLog } from '../../../../src/sys/log.ts'
import { makeTemporaryDirectory } from '../../../support/temporary-directory.ts'
import { startTestEngine } from '../test-engine.ts'
import { ask } from './manage-engine.ts'

interface Changes {
  readonly whole: boolean
  readonly changes: { model: string; was: string | null; now: string | null }[]
}

async function startEngine() {
  const engine = await startTestEngine()
  onTestFinished(() => engine.stop())
  const change = async (method: string, path: string, body: object) => {
    expect((await ask(engine, method, path, body)).status).toBe(200)
  }
  const changes = async () => (await engine.json('/api/od/changes')) as unknown as Changes
  const digestOf = async (name: string) => {
    const file = join(engine.modelDir, 'manifests/registry.ollama.ai/library', name, 'latest')
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
  }
  return { engine, change, changes, digestOf }
}

test('a create, a copy and a delete are noted with what the name meant before and means now, the newest last', async () => {
  const { change, changes, digestOf } = await startEngine()
  expect(await changes()).toEqual({ whole: true, changes: [] })
  const create = { model: 'made', from: 'pocket', stream: false }
  await change('POST', '/api/create', { ...create, system: 'one' })
  const first = await digestOf('made')
  await change('POST', '/api/create', { ...create, system: 'two' })
  await change('POST', '/api/copy', { source: 'made', destination: 'twin' })
  await change('DELETE', '/api/delete', { model: 'POCKET' })
  const library = 'registry.ollama.ai/library'
  const { changes: noted } = await changes()
  expect(noted).toMatchObject([
    { model: `${library}/made:latest`, was: first, now: await digestOf('made') },
    { model: `${library}/twin:latest`, was: null, now: await digestOf('made') },
    { model: `${library}/pocket:latest`, was: expect.stringMatching(/^[0-9a-f]{64}$/), now: null },
  ])
})

const name = parseModelName('some')
if (name === undefined) throw new Error('not a name')

async function startJournal() {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const open = () => new ChangeJournal(directory.path, silentLog)
  return { directory, open, file: directory.inside('changes.json') }
}

test('a note outlives the process, and says what the store says when it is read', async () => {
  const { directory, open } = await startJournal()
  await open().note(name, systemClock.wallMs()) // and then the process was killed before it wrote the manifest
  const read = await open().list()
  expect(read.isWhole).toBe(true)
  expect(read.changes).toMatchObject([{ name, was: undefined, now: undefined }])
  expect(await readFile(directory.inside('changes.json'), 'utf8')).toContain(qualifiedName(name))
})

test('a journal that cannot be read, names no models or is gone stops nothing, and is not taken for whole', async () => {
  const { open, file } = await startJournal()
  for (const text of ['{"form":1', '{"form":2,"isWhole":true,"notes":[]}']) {
    await writeFile(file, text)
    expect(await open().list()).toEqual({ isWhole: false, changes: [] })
  }
  const path = { model: '../../../etc/passwd', was: null, atMs: 1 }
  await writeFile(file, JSON.stringify({ form: 1, isWhole: true, notes: [path] }))
  expect((await open().list()).changes).toEqual([])
  await rm(file)
  expect(await open().list()).toEqual({ isWhole: true, changes: [] })
})

test('a disk that takes no note stops no change; the journal says that it is not whole', async () => {
  const { directory, open, file } = await startJournal()
  const journal = open()
  await writeFile(directory.inside('blobs'), '') // where files are written before they get their names
  await journal.note(name, 1)
  expect(await journal.list()).toMatchObject({ isWhole: false, changes: [{ name }] })
  await expect(readFile(file)).rejects.toThrow('ENOENT')
})
