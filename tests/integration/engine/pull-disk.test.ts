/** Pulls onto disks that are too small or may not be written; each is a file system of its own, which only root can make. */
import { execFileSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { systemDisk } from '../../../src/sys/store-files.ts'
import { type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { startTestPuller } from '../../support/registry/test-puller.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'

const mebibyte = 1024 * 1024
let seed: SeedModel
let registry: RegistryProxy

beforeAll(async () => {
  seed = await seedModel(3 * mebibyte)
  registry = await startRegistryProxy()
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
})

afterAll(() => registry.stop())

function mount(...args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'ignore' })
}

function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
}

/** A disk in memory. */
async function smallDisk(sizeBytes: number): Promise<string> {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  mount('-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', directory.path)
  onTestFinished(() => unmount(directory.path))
  return directory.path
}

async function canMakeDisks(): Promise<boolean> {
  const directory = await makeTemporaryDirectory()
  try {
    mount('-t', 'tmpfs', 'tmpfs', directory.path)
    unmount(directory.path)
    return true
  } catch {
    return false
  } finally {
    await directory.remove()
  }
}

const onDisks = test.skipIf(!(await canMakeDisks()))

onDisks(
  'F-41: a disk that fills up ends the pull with 507, publishes nothing half, and keeps what fits for later',
  async () => {
    const folder = await smallDisk(4.5 * mebibyte)
    const disk = { ...systemDisk, freeBytes: async () => Number.MAX_SAFE_INTEGER } // the look ahead says nothing
    const puller = await startTestPuller({ disk, folder })
    const model = `${registry.host}/ns/m`
    const before = registry.blobBytes()
    await expect(puller.pull(model)).rejects.toMatchObject({
      code: 'OD_DISK_FULL',
      httpStatus: 507,
    })
    const files = await readdir(join(puller.modelDir, 'blobs'))
    expect(files.some((name) => name.startsWith('.part-'))).toBe(true)
    for (const name of await puller.published()) {
      expect([...seed.blobs.keys()]).toContain(name.replace('-', ':'))
    }
    mount('-o', `remount,size=${16 * mebibyte}`, folder)
    await puller.pull(model)
    expect(await puller.hasAll(registry.host, seed)).toBe(true)
    const totalBytes = [...seed.blobs.values()].reduce((sum, { length }) => sum + length, 0)
    expect(registry.blobBytes() - before).toBeLessThanOrEqual(totalBytes + 2 * mebibyte)
  },
)

onDisks('F-43: a store that may not be written refuses pulls and serves what it has', async () => {
  const folder = await smallDisk(16 * mebibyte)
  const disk = { ...systemDisk, freeBytes: async () => Number.MAX_SAFE_INTEGER }
  const puller = await startTestPuller({ disk, folder })
  await puller.pull(`${registry.host}/ns/m`)
  mount('-o', 'remount,ro', folder)
  const pull = puller.pull(`${registry.host}/ns/new`)
  await expect(pull).rejects.toMatchObject({ code: 'OD_STORE_UNWRITABLE' })
  expect(await puller.hasAll(registry.host, seed)).toBe(true)
})
