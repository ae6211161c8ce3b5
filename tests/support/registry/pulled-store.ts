/** What lies in a store that pulls from one registry. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { digestOf, type SeedModel } from './model.ts'

/** A store and what a registry has for it. */
export interface PulledStore {
  /** With the folder `models`. */
  readonly folder: string
  readonly host: string
  readonly seed: SeedModel
}

/** What has the name of a blob is that blob; a manifest is there only with all that it names. */
export async function expectOnlyVerified(store: PulledStore, repository: string): Promise<void> {
  const blobs = join(store.folder, 'models/blobs')
  for (const name of await readdir(blobs)) {
    if (!name.startsWith('sha256-')) continue
    expect(digestOf(await readFile(join(blobs, name)))).toBe(name.replace('-', ':'))
  }
  if (hasManifest(store, repository)) await expectAll(store, repository)
}

/** The model is there byte for byte. */
export async function expectAll(store: PulledStore, repository: string): Promise<void> {
  const { folder, seed } = store
  const manifest = await readFile(manifestPath(store, repository))
  expect(manifest.equals(seed.manifest), repository).toBe(true)
  for (const [digest, bytes] of seed.blobs) {
    const blob = await readFile(join(folder, 'models/blobs', digest.replace(':', '-')))
    expect(blob.equals(bytes), digest).toBe(true)
  }
}

export function hasManifest(store: PulledStore, repository: string): boolean {
  return existsSync(manifestPath(store, repository))
}

function manifestPath({ folder, host }: PulledStore, repository: string): string {
  return join(folder, 'models/manifests', host, repository, 'latest')
}
