/** Pulls that are killed with SIGKILL and begun again. */
import { expect } from 'vitest'
import { makeTemporaryDirectory } from '../temporary-directory.ts'
import { within } from '../until.ts'
import { copyAt, namesAt, transferText } from './engine-calls.ts'
import { type EngineProcess, startEngineProcess } from './engine-process.ts'
import type { RegistryForm } from './forms.ts'
import type { SeedModel } from './model.ts'
import { expectAll, expectOnlyVerified, hasManifest, type PulledStore } from './pulled-store.ts'

/** A share of all bytes, or the moment at which a line with that status comes. */
export type Moment = number | string

const repository = 'ns/m'

/** What killed pulls cost. */
export interface KilledPulls {
  /** Bytes of blobs that the registry sent. */
  readonly fetchedBytes: number
  /** Connections that were cut meanwhile. */
  readonly cuts: number
  /** Kills that struck a pull that was not finished. */
  readonly struck: number
  /** Of these, kills between 1 and 99 % of the bytes. */
  readonly struckInside: number
  /** Times that the list of models was looked at while a pull ran. */
  readonly looks: number
}

/**
 * Pulls `ns/m` into an empty store, killed at each of `moments` in turn, and once more to the end. Nothing that was not verified may
 * be visible in between, nor in `/api/tags` meanwhile; in the end all is there byte for byte. `afterwards` is given the engine
 * that has the model.
 */
export async function pullWithKills(
  form: RegistryForm,
  seed: SeedModel,
  moments: readonly Moment[],
  afterwards: (engine: EngineProcess) => Promise<void> = async () => undefined,
): Promise<KilledPulls> {
  const directory = await makeTemporaryDirectory()
  const store = { folder: directory.path, host: form.host, seed }
  const startBytes = form.bytes.blobBytes()
  const startCuts = form.bytes.cuts()
  const ends: Killed[] = []
  try {
    for (const moment of moments) {
      ends.push(await killedPull(form, store, moment, startBytes))
      await expectOnlyVerified(store, repository)
    }
    const engine = await startEngineProcess(store.folder)
    try {
      const listed = await namesAt(engine.url)
      if (!hasManifest(store, repository)) expect(listed).not.toContain(nameAt(form))
      const { looks, text } = await watchedPull(engine, form, store)
      ends.push({ hasEnded: true, share: 1, looks })
      expect(text).toMatch(/\{"status":"success"\}\n$/)
      expect(await namesAt(engine.url)).toContain(nameAt(form))
      await expectAll(store, repository)
      const fetchedBytes = form.bytes.blobBytes() - startBytes
      const cuts = form.bytes.cuts() - startCuts
      await afterwards(engine)
      const struck = ends.filter(({ hasEnded }) => !hasEnded)
      return {
        fetchedBytes,
        cuts,
        struck: struck.length,
        struckInside: struck.filter(({ share }) => share >= 0.01 && share <= 0.99).length,
        looks: ends.reduce((sum, one) => sum + one.looks, 0),
      }
    } finally {
      await engine.kill()
    }
  } finally {
    await directory.remove()
  }
}

interface Killed {
  readonly hasEnded: boolean
  /** Of the bytes of the model, those that the registry had sent. */
  readonly share: number
  readonly looks: number
}

async function killedPull(
  form: RegistryForm,
  store: PulledStore,
  moment: Moment,
  startBytes: number,
): Promise<Killed> {
  const engine = await startEngineProcess(store.folder)
  const { faults } = form.bytes
  let killing: Promise<void> | undefined
  let share = 0
  const kill = () => {
    if (killing !== undefined) return
    share = (form.bytes.blobBytes() - startBytes) / totalBytes(store.seed)
    killing = engine.kill()
  }
  if (typeof moment === 'number') {
    const atBytes = startBytes + moment * totalBytes(store.seed)
    faults.onBlobBytes = (bytes) => {
      if (bytes >= atBytes) kill()
    }
  }
  const pulled = watchedPull(engine, form, store, (text) => {
    if (typeof moment === 'string' && text.includes(`"${moment}"`)) kill()
  })
  const { looks, text } = await within(`the kill at ${moment}`, pulled, 60_000)
  delete faults.onBlobBytes
  kill()
  await killing
  return { hasEnded: text.includes('"success"'), share, looks }
}

/**
 * Pulls as long as the engine lives, and looks again and again what it lists meanwhile: the model is in the list only when all of it
 * is there.
 */
async function watchedPull(
  { url }: EngineProcess,
  form: RegistryForm,
  store: PulledStore,
  onText: (text: string) => void = () => undefined,
): Promise<{ text: string; looks: number }> {
  let text = ''
  let looks = 0
  let looking: Promise<void> | undefined
  let failure: unknown
  const look = async () => {
    const names = await namesAt(url).catch(() => undefined) // killed meanwhile
    if (names === undefined) return
    looks++
    if (names.includes(nameAt(form))) await expectAll(store, repository)
  }
  await transferText(url, 'pull', form, repository, (piece) => {
    text += piece
    onText(piece)
    looking ??= look()
      .catch((error: unknown) => {
        failure ??= error
      })
      .finally(() => {
        looking = undefined
      })
  }).catch(() => undefined) // killed; what came until then tells how far it was
  await looking
  if (failure !== undefined) throw failure
  return { text, looks }
}

/**
 * The model goes back under another name, and from there into another empty store, byte for byte. Where there are accounts, nothing goes
 * without. Gives how often the push was cut.
 */
export async function pushBackAndPullElsewhere(
  form: RegistryForm,
  seed: SeedModel,
  { url }: EngineProcess,
): Promise<number> {
  const back = 'ns/back'
  expect(await copyAt(url, nameAt(form), `${form.host}/${back}`)).toBe(200)
  if (form.account.username !== undefined) {
    const nobody = { host: form.host, account: {} }
    expect(await transferText(url, 'push', nobody, back)).toContain('"error":')
  }
  const cutsBefore = form.bytes.cuts()
  expect(await transferText(url, 'push', form, back)).toMatch(/\{"status":"success"\}\n$/)
  const cuts = form.bytes.cuts() - cutsBefore
  const directory = await makeTemporaryDirectory()
  const engine = await startEngineProcess(directory.path)
  try {
    expect(await transferText(engine.url, 'pull', form, back)).toMatch(/"success"\}\n$/)
    await expectAll({ folder: directory.path, host: form.host, seed }, back)
    return cuts
  } finally {
    await engine.kill()
    await directory.remove()
  }
}

function nameAt({ host }: RegistryForm): string {
  return `${host}/${repository}:latest`
}

export function totalBytes({ blobs }: SeedModel): number {
  return [...blobs.values()].reduce((sum, { length }) => sum + length, 0)
}
