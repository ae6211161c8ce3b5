import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stateLimits } from '../../../src/state/limits.ts'
import { list, put, Reader } from '../../contract/state-store/calls.ts'
import { openStore } from '../../contract/state-store/ground.ts'
import { n24 } from '../../support/n24.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'

let directory: TemporaryDirectory
let path = ''
beforeEach(async () => {
  directory = await makeTemporaryDirectory()
  path = directory.inside('cluster.db')
})
afterEach(() => directory.remove())

describe('a disk that is full', () => {
  const mayMount = process.getuid?.() === 0 && process.platform === 'linux'
  if (!mayMount)
    console.log('disk.test.ts: a full disk is left out, only root on Linux may mount one')

  test.skipIf(!mayMount)(
    'refuses writes by name, reads and watches go on, and so do writes when there is room',
    async () => {
      const mounted = directory.inside('small')
      mkdirSync(mounted)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mounted])
      try {
        await fillAndFree(mounted)
      } finally {
        execFileSync('umount', ['-l', mounted]) // also when a failure left something open
      }
    },
  )

  async function fillAndFree(mounted: string): Promise<void> {
    const database = join(mounted, 'cluster.db')
    let store = await openStore(database)
    await put(store, '/kept', '1')
    const ballast = join(mounted, 'ballast')
    const descriptor = openSync(ballast, 'w')
    expect(() => {
      for (;;) writeSync(descriptor, Buffer.alloc(64 * 1024))
    }).toThrow('ENOSPC')
    const before = await list(store, '')
    const value = 'x'.repeat(stateLimits.valueBytesMax)
    const large = {
      conditions: [],
      writes: [
        { put: '/large', value },
        { put: '/kept', value: '2' },
      ],
    }
    const refused = store.transact(large)
    await expect(refused).rejects.toMatchObject({ code: 'OD_STATE_DISK_FULL', retryable: true })
    // Calls that share a commit do not share its fate.
    const together = [store.get('/kept'), store.transact(large), store.get('/kept')]
    expect(await Promise.allSettled(together)).toMatchObject([
      { value: { entry: { value: '1' } } },
      { reason: { code: 'OD_STATE_DISK_FULL' } },
      { value: { entry: { value: '1' } } },
    ])
    expect(await list(store, '')).toEqual(before)
    await using reader = new Reader(store, '/', before.at)
    await reader.next()
    closeSync(descriptor)
    rmSync(ballast)
    expect(await store.transact(large)).toMatchObject({ outcome: 'committed' })
    expect((await reader.changes()).texts[0]).toBe('put /kept=2')
    await store.close()
    store = await openStore(database)
    expect((await store.get('/large')).entry?.value).toBe(value)
    await store.close()
  }
})

describe('a disk that fails at an fsync', () => {
  const hasStrace = spawnSync('strace', ['-V']).status === 0
  if (!hasStrace) console.log('disk.test.ts: failing fsyncs are left out, there is no strace')
  const script = fileURLToPath(new URL('./faulty-disk-process.ts', import.meta.url))

  test.skipIf(!hasStrace).each([8, 11, 14])(
    'the %sth: that write is unknown, never acknowledged nor failed; the others hold',
    async (when) => {
      const fault = `inject=fdatasync,fsync:error=EIO:when=${when}`
      const strace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync,fsync', '-e', fault]
      const count = 20
      const run = spawnSync('strace', [...strace, n24, script, path, String(count)], {
        encoding: 'utf8',
        timeout: 50_000,
        killSignal: 'SIGKILL',
      })
      const outcomes = run.stdout.trim().split('\n')
      expect(outcomes, run.stderr).toHaveLength(count)
      const odd = outcomes.filter((outcome) => outcome !== 'committed')
      expect(odd).toEqual(['unknown'])
      const store = await openStore(path)
      const { entries } = await list(store, '/')
      outcomes.forEach((outcome, i) => {
        const found = entries.filter(({ key }) => key.startsWith(`/${i}/`)).length
        expect(outcome === 'committed' ? [2] : [0, 2]).toContain(found)
      })
      await store.close()
    },
  )
})

describe('a database that is not sound', () => {
  /** A store with some hundred pages, whose files are as a kill would leave them. */
  async function killed(): Promise<string> {
    const store = await openStore(path)
    for (let i = 0; i < 60; i++) await put(store, `/key/${i}`, String(i).repeat(4_000))
    const copy = directory.inside('copy.db')
    execFileSync('cp', [path, copy]) // another process: closing the file here would drop its lock
    execFileSync('cp', [`${path}-wal`, `${copy}-wal`])
    await store.close()
    return copy
  }

  test('a copy made in the middle opens with everything', async () => {
    const store = await openStore(await killed())
    expect((await list(store, '/key/')).entries).toHaveLength(60)
    await store.close()
  })

  test('damaged pages after an end that was not clean are found at the next start', async () => {
    const copy = await killed()
    await (await openStore(copy)).close() // the log goes into the database
    const bytes = readFileSync(copy)
    bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 20_000)
    writeFileSync(copy, bytes)
    markUnclean(copy)
    const opening = openStore(copy)
    await expect(opening).rejects.toMatchObject({ code: 'OD_STATE_DAMAGED' })
    await expect(opening).rejects.toHaveProperty('remedy', expect.stringMatching(/backup/))
  })

  test('damaged pages that are met later are named, and the store stays as it is', async () => {
    const store = await openStore(path)
    for (let i = 0; i < 60; i++) await put(store, `/key/${i}`, String(i).repeat(4_000))
    await store.close()
    const bytes = readFileSync(path)
    bytes.fill(0xff, bytes.length / 4, (bytes.length / 4) * 3)
    writeFileSync(path, bytes)
    const again = await openStore(path)
    for (let i = 0; i < 2; i++) {
      await expect(list(again, '/key/')).rejects.toMatchObject({ code: 'OD_STATE_DAMAGED' })
    }
    await again.close()
  })

  test.each([
    ['a text', () => 'not a database, but long enough to be read as the header of one'.repeat(4)],
    ['somebody else’s database', () => foreignDatabase()],
  ])('%s in its place is not touched', async (_, contents) => {
    const before = contents()
    writeFileSync(path, before)
    await expect(openStore(path)).rejects.toMatchObject({ code: 'OD_STATE_DAMAGED' })
    expect(readFileSync(path).subarray(100)).toEqual(Buffer.from(before).subarray(100))
  })

  test('of a newer version is left alone', async () => {
    await (await openStore(path)).close()
    alter(path, 'PRAGMA user_version = 99')
    await expect(openStore(path)).rejects.toMatchObject({ code: 'OD_STATE_NEWER' })
  })

  function foreignDatabase(): Buffer {
    const other = directory.inside('other.db')
    alter(other, 'CREATE TABLE notes (text TEXT)')
    return readFileSync(other)
  }

  function markUnclean(file: string): void {
    alter(file, 'UPDATE counters SET is_clean = 0')
  }

  function alter(file: string, sql: string): void {
    const database = new DatabaseSync(file)
    database.exec(sql)
    database.close()
  }
})

test('a second owner is refused by name, and the first one goes on', async () => {
  const store = await openStore(path)
  const second = openStore(path, { limits: { ...stateLimits, busyMs: 50 } })
  await expect(second).rejects.toMatchObject({ code: 'OD_STATE_IN_USE' })
  await put(store, '/a', '1')
  await store.close()
  const third = await openStore(path)
  expect((await third.get('/a')).entry?.value).toBe('1')
  await third.close()
})

test('a folder that is not there is named', async () => {
  const opening = openStore(directory.inside('absent', 'cluster.db'))
  await expect(opening).rejects.toMatchObject({ code: 'OD_STATE_DISK' })
})

test.skipIf(process.platform === 'win32')('nobody else may read it', async () => {
  const store = await openStore(path)
  await put(store, '/a', 'a secret')
  for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o077).toBe(0)
  await store.close()
})
