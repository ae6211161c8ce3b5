/** Pulls that are killed with SIGKILL and begun again. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { makeTemporaryDirectory } from '../temporary-directory.ts'
import { within } from '../until.ts'
import { startEngineProcess } from './engine-process.ts'
import { digestOf, type SeedModel } from './model.ts'
import type { RegistryProxy } from './proxy.ts'

/** A share of all bytes, or the moment at which a line with that status comes. */
export type Moment = number | string

const repository = 'ns/m'

/**
 * Pulls `ns/m` through `proxy` into an empty store, killed at each of `moments` in turn, and once more to the end. Nothing that was not
 * verified may be visible in between; in the end all is there byte for byte. Gives the bytes of blobs that were fetched and how
 * many kills struck a pull that was not finished.
 */
export async function pullWithKills(
  proxy: RegistryProxy,
  seed: SeedModel,
  moments: readonly Moment[],
): Promise<{ fetchedBytes: number; struck: number }> {
  const folder = await makeTemporaryDirectory()
  const startBytes = proxy.blobBytes()
  let struck = 0
  try {
    for (const moment of moments) {
      if (await killedPull(folder.path, proxy, seed, moment, startBytes)) struck++
      await expectOnlyVerified(folder.path, proxy, seed)
    }
    const engine = await startEngineProcess(folder.path)
    try {
      const listed = await namesAt(engine.url)
      const text = await pullText(engine.url, proxy)
      expect(text).toMatch(/\{"status":"success"\}\n$/)
      const name = `${proxy.host}/${repository}:latest`
      if (!existsSync(manifestPath(folder.path, proxy))) expect(listed).not.toContain(name)
      expect(await namesAt(engine.url)).toContain(name)
    } finally {
      await engine.kill()
    }
    await expectAll(folder.path, proxy, seed)
    return { fetchedBytes: proxy.blobBytes() - startBytes, struck }
  } finally {
    await folder.remove()
  }
}

/** True when the pull was not finished when it was killed. */
async function killedPull(
  folder: string,
  proxy: RegistryProxy,
  seed: SeedModel,
  moment: Moment,
  startBytes: number,
): Promise<boolean> {
  const engine = await startEngineProcess(folder)
  let hasEnded = false
  const killed = new Promise<void>((resolve) => {
    const kill = () => void engine.kill().then(resolve)
    if (typeof moment === 'number') {
      const atBytes = startBytes + moment * totalBytes(seed)
      proxy.faults.onBlobBytes = (bytes) => {
        if (bytes >= atBytes) kill()
      }
    }
    pullText(engine.url, proxy, (text) => {
      if (typeof moment === 'string' && text.includes(`"${moment}"`)) kill()
    })
      .then((text) => {
        hasEnded = text.includes('"success"')
        kill()
      })
      .catch(kill) // the engine is gone
  })
  await within(`the kill at ${moment}`, killed, 60_000)
  delete proxy.faults.onBlobBytes
  return !hasEnded
}

async function pullText(
  url: string,
  { host }: RegistryProxy,
  onText: (text: string) => void = () => undefined,
): Promise<string> {
  const body = JSON.stringify({ model: `${host}/${repository}`, insecure: true })
  const answer = await fetch(`${url}/api/pull`, { method: 'POST', body })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    const piece = decoder.decode(chunk, { stream: true })
    text += piece
    onText(piece)
  }
  return text
}

async function namesAt(url: string): Promise<readonly string[]> {
  const answer = await fetch(`${url}/api/tags`)
  return ((await answer.json()) as { models: { name: string }[] }).models.map(({ name }) => name)
}

/** What has the name of a blob is that blob; a manifest is there only with all that it names. */
async function expectOnlyVerified(
  folder: string,
  proxy: RegistryProxy,
  seed: SeedModel,
): Promise<void> {
  const blobs = join(folder, 'models/blobs')
  for (const name of await readdir(blobs)) {
    if (!name.startsWith('sha256-')) continue
    expect(digestOf(await readFile(join(blobs, name)))).toBe(name.replace('-', ':'))
  }
  if (existsSync(manifestPath(folder, proxy))) await expectAll(folder, proxy, seed)
}

async function expectAll(folder: string, proxy: RegistryProxy, seed: SeedModel): Promise<void> {
  expect((await readFile(manifestPath(folder, proxy))).equals(seed.manifest)).toBe(true)
  for (const [digest, bytes] of seed.blobs) {
    const blob = await readFile(join(folder, 'models/blobs', digest.replace(':', '-')))
    expect(blob.equals(bytes), digest).toBe(true)
  }
}

function manifestPath(folder: string, { host }: RegistryProxy): string {
  return join(folder, 'models/manifests', host, repository, 'latest')
}

export function totalBytes({ blobs }: SeedModel): number {
  return [...blobs.values()].reduce((sum, { length }) => sum + length, 0)
}
