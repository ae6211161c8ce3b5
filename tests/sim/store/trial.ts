/**
 * One trial of the store: clients that pull, create, copy, delete, load and collect at the same time. The store, the puller and the
 * engine's way to a load are the product's own over real files; a seed decides at each of their waits who goes on.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineService } from '../../../src/engine/embedded/service.ts'
import { quantizeTensors } from '../../../src/engine/quantizer/index.ts'
import { Catalogue } from '../../../src/models/catalogue.ts'
import { Puller } from '../../../src/models/pull/index.ts'
import { type ModelStore, openModelStore } from '../../../src/models/store.ts'
import { registryOptions } from '../../../src/node/registry-options.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { seededRandom } from '../../../src/sys/random.ts'
import { systemDisk } from '../../../src/sys/store-files.ts'
import { decodeManifest } from '../../../src/wire/manifest.ts'
import { actions, openWeights, type Place, type Tally } from './clients.ts'
import { gateFiles } from './gated-files.ts'
import { pick, registryBlobs, someManifest } from './goods.ts'
import { Schedule } from './schedule.ts'

const clientCount = 8
const actionsEach = 2
const hourMs = 3_600_000
const kinds = Object.keys(actions) as (keyof typeof actions)[]
/** In memory where there is such a folder: a trial makes and removes hundreds of files. */
const ground = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export interface TrialOptions {
  readonly seed: number
  /** Replaces what the store does for a load or a pull by something wrong. */
  readonly planted?: Partial<Pick<ModelStore, 'hold' | 'holdFile'>> | undefined
}

export interface TrialResult {
  readonly problems: readonly string[]
  readonly steps: number
  readonly tally: Tally
}

/** Runs it to its end and to quiet. */
export async function runTrial({ seed, planted: wrong = {} }: TrialOptions): Promise<TrialResult> {
  const random = seededRandom(seed)
  const schedule = new Schedule(random)
  const modelDir = mkdtempSync(join(ground, 'od-store-'))
  const problems = new Set<string>()
  const tally = { pulls: 0, cut: 0, creates: 0, copies: 0, removals: 0, loads: 0, collections: 0 }
  const loading = new Map<object, string>()
  const clock = { nowMs: () => 0, wallMs: () => Date.now(), after: () => () => undefined }
  const shared = { modelDir, disk: systemDisk, quantizer: quantizeTensors, clock, log: silentLog }
  const store = await openModelStore(shared)
  const held = {
    blobBytes: (digest: never) => store.blobBytes(digest),
    hold: wrong.hold ?? ((digests) => store.hold(digests)),
    publish: (...of) => store.publish(...of),
  } satisfies Pick<ModelStore, 'blobBytes' | 'hold' | 'publish'>
  const registry = registryOptions(
    { keyFile: '', accountsFile: '', trustsAsker: true, listed: [], mirrors: {} },
    '0.24.0',
    {},
  )
  const puller = new Puller({ ...shared, store: held, registry, random }, () => ({
    manifest: () => schedule.step(async () => someManifest(random)),
    async blob({ digest }, { from, end }) {
      await schedule.step(async () => undefined)
      const bytes = registryBlobs.get(digest)?.subarray(from, end) ?? Buffer.alloc(0)
      return { isWhole: false, chunks: arriving(bytes, schedule) }
    },
    passOver: () => false,
    close: async () => undefined,
  }))
  const service = {
    clock,
    defaults: { contextTokens: 512, parallel: 1, cores: 1, gpuLayers: 0 },
    files: {
      holdFile(path: string) {
        const release = wrong.holdFile === undefined ? store.holdFile(path) : wrong.holdFile(path)
        if (release === undefined) return undefined
        const load = {}
        loading.set(load, path)
        return () => {
          loading.delete(load)
          release()
        }
      },
    },
    residency: {
      async acquire({ load }: { load: { path: string } }) {
        await schedule.waitUpTo(60) // other models come first
        await openWeights(load.path)
        return {}
      },
    },
  } as unknown as EngineService
  const place: Place = {
    store,
    puller,
    catalogue: new Catalogue(modelDir, silentLog),
    service,
    schedule,
    random,
    age: () => schedule.step(async () => age(modelDir)),
    nowMs: () => Date.now(),
  }
  let hasChanged = false
  const changed = () => {
    hasChanged = true
  }
  const look = () => {
    for (const path of loading.values()) {
      if (!existsSync(path)) problems.add('a file was removed that a load has yet to open')
    }
    for (const { path, sizeBytes } of namedBlobs(modelDir)) {
      if (!existsSync(path)) problems.add('a blob was removed that a manifest names')
      else if (statSync(path).size !== sizeBytes) problems.add('a blob is not whole')
    }
  }
  const ungate = gateFiles(modelDir, (run) => schedule.step(run), changed)
  try {
    const client = async () => {
      for (let left = actionsEach; left > 0; left--) {
        await schedule.waitUpTo(120)
        const kind = pick(kinds, random)
        await actions[kind](place, tally).catch((error: unknown) => {
          problems.add(`${kind}: ${String((error as Error).stack ?? error)}`)
        })
      }
    }
    const work = async () => {
      await actions.pull(place, tally)
      await Promise.all(Array.from({ length: clientCount }, client))
      await store.collect(Date.now() + 25 * hourMs)
    }
    await schedule.run(work(), () => {
      if (hasChanged) look()
      hasChanged = false
    })
    ungate()
    const named = new Set(namedBlobs(modelDir).map(({ path }) => path))
    for (const name of readdirSync(join(modelDir, 'blobs'))) {
      if (!named.has(join(modelDir, 'blobs', name))) problems.add(`nobody's after quiet: ${name}`)
    }
    look()
  } catch (error) {
    problems.add(String(error))
  } finally {
    ungate()
    rmSync(modelDir, { recursive: true, force: true })
  }
  return { problems: [...problems], steps: schedule.stepCount, tally }
}

async function* arriving(bytes: Buffer, schedule: Schedule): AsyncGenerator<Uint8Array> {
  const half = Math.ceil(bytes.length / 2)
  for (const piece of [bytes.subarray(0, half), bytes.subarray(half)]) {
    await schedule.step(async () => undefined)
    yield piece
  }
}

function age(modelDir: string): void {
  const blobs = join(modelDir, 'blobs')
  const thenS = (Date.now() - 2 * hourMs) / 1000
  for (const name of existsSync(blobs) ? readdirSync(blobs) : []) {
    if (name.startsWith('sha256-')) utimesSync(join(blobs, name), thenS, thenS)
  }
}

/** What the manifests say that there is, read past the schedule. */
function namedBlobs(modelDir: string): { path: string; sizeBytes: number }[] {
  const root = join(modelDir, 'manifests')
  if (!existsSync(root)) return []
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return files.flatMap(({ parentPath, name }) => {
    const { config, layers } = decodeManifest(readFileSync(join(parentPath, name)))
    return [config, ...layers].map(({ digest, sizeBytes }) => ({
      path: join(modelDir, 'blobs', digest.replace(':', '-')),
      sizeBytes,
    }))
  })
}
