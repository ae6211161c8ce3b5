/** Who uses the store in a trial: each action is the product's own, from its first look at the store to its end. */
import { open } from 'node:fs/promises'
import { isOdError } from '../../../src/core/errors/index.ts'
import { type ModelName, parseModelName } from '../../../src/core/model-name.ts'
import { type EngineService, prepare } from '../../../src/engine/embedded/service.ts'
import type { Catalogue } from '../../../src/models/catalogue.ts'
import type { ModelDraft } from '../../../src/models/draft.ts'
import type { Puller } from '../../../src/models/pull/index.ts'
import type { ModelStore } from '../../../src/models/store.ts'
import type { Random } from '../../../src/sys/random.ts'
import { digestOf } from '../../support/registry/model.ts'
import { pick, someWeights } from './goods.ts'
import type { Schedule } from './schedule.ts'

export interface Place {
  readonly store: ModelStore
  readonly puller: Puller
  readonly catalogue: Catalogue
  readonly service: EngineService
  readonly schedule: Schedule
  readonly random: Random
  /** As if two hours had passed for what is whole. */
  readonly age: () => Promise<void>
  readonly nowMs: () => number
}

/** What happened. */
export interface Tally {
  pulls: number
  cut: number
  creates: number
  copies: number
  removals: number
  loads: number
  collections: number
}

const names = ['a', 'b', 'c', 'd'].map((text) => parseModelName(text) as ModelName)
const never = new AbortController().signal

/** Actions by name; a crowd of them is drawn by the seed. */
export const actions = { pull, cut, create, copy, remove, load, collect } as const

async function pull({ puller, random }: Place, tally: Tally): Promise<void> {
  await puller.pull({ name: pick(names, random), insecure: true }, () => undefined, never)
  tally.pulls++
}

/** A pull whose client leaves. */
async function cut({ puller, random, schedule }: Place, tally: Tally): Promise<void> {
  const leaving = new AbortController()
  const name = pick(names, random)
  const pulled = puller.pull({ name, insecure: true }, () => undefined, leaving.signal)
  const leave = schedule.waitUpTo(30).then(() => leaving.abort())
  const [result] = await Promise.allSettled([pulled, leave])
  if (result.status === 'fulfilled') return void tally.pulls++
  if ((result.reason as Error).name !== 'AbortError') throw result.reason
  tally.cut++
}

/** As `ollama create` does: asks for the file, sends it, makes the model. Another client may remove the file meanwhile. */
async function create({ store, random }: Place, tally: Tally): Promise<void> {
  const bytes = someWeights(random)
  const isFromModel = random.number() < 0.4
  const digest = digestOf(bytes)
  const from = pick(names, random)
  const source: ModelDraft['source'] = isFromModel
    ? { from, asked: from.model }
    : { files: new Map([['model.gguf', digest]]) }
  const system = pick(['', 'Be kind.', 'Be brief.'], random)
  const name = pick(names, random)
  try {
    if (!isFromModel && !(await store.hasBlob(digest as never))) {
      await store.receiveBlob({ expected: digest, chunks: pieces(bytes), sizeBytes: bytes.length })
    }
    const texts = { template: '', system, licenses: [], parameters: {}, messages: '' }
    const draft = {
      source,
      adapters: new Map(),
      quantize: '',
      requires: '',
      renderer: '',
      parser: '',
      texts: () => texts,
    }
    await store.create(name, draft, () => undefined, never)
    tally.creates++
  } catch (error) {
    if (!isOdError(error) || !refusals.includes(error.code)) throw error
  }
}

/** What a create says when another client removed what it was to start from. */
const refusals = ['OD_BLOB_ABSENT', 'OD_MODEL_NOT_FOUND']

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 100)
  yield bytes.subarray(100)
}

async function copy({ store, random }: Place, tally: Tally): Promise<void> {
  if (await store.copy(pick(names, random), pick(names, random))) tally.copies++
}

async function remove({ store, random }: Place, tally: Tally): Promise<void> {
  if (await store.remove(pick(names, random))) tally.removals++
}

async function load({ catalogue, service, random }: Place, tally: Tally): Promise<void> {
  const model = await catalogue.find(pick(names, random).model)
  if (model === undefined || 'remote' in model) return
  try {
    await prepare(service, model, { options: {} }, never)
    tally.loads++
  } catch (error) {
    if (!isOdError(error) || error.code !== 'OD_MODEL_NOT_FOUND') throw error
  }
}

async function collect({ store, age, nowMs }: Place, tally: Tally): Promise<void> {
  await age()
  await store.collect(nowMs())
  tally.collections++
}

/** What a runner does with a file that it was told to load. */
export async function openWeights(path: string): Promise<void> {
  const file = await open(path, 'r')
  await file.read(Buffer.alloc(64), 0, 64, 0)
  await file.close()
}
