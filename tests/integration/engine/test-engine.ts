import { resolve } from 'node:path'
import { type EvictionOrder, startEmbeddedEngine } from '../../../src/engine/embedded/index.ts'
import {
  Catalogue,
  installBundledModel,
  openModelStore,
  PublishedModels,
  Puller,
  Pusher,
  packModel,
  Scrubber,
  unpackModels,
} from '../../../src/models/index.ts'
import { registryOptions } from '../../../src/node/registry-options.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { type Log, silentLog } from '../../../src/sys/log.ts'
import { systemRandom } from '../../../src/sys/random.ts'
import { systemDisk } from '../../../src/sys/store-files.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'

/** What tests show to use the engine's hooks. */
export const hookKey = 'the-key-of-the-tests'

/** The embedded engine with the bundled model, in this process; its runners are processes of their own. */
export async function startTestEngine(
  disk: typeof systemDisk = systemDisk,
  log: Log = silentLog,
  memory: { residentsMax: number; eviction: EvictionOrder } = {
    residentsMax: 3,
    eviction: 'ollama',
  },
) {
  const directory = await makeTemporaryDirectory()
  const modelDir = resolve(directory.path, 'models')
  const install = (name: string) =>
    installBundledModel({
      assets: 'assets/pocket',
      name,
      modelDir,
      markFile: resolve(directory.path, `mark-${name}`),
    })
  await install('pocket')
  const store = await openModelStore({ modelDir, disk, clock: systemClock, log })
  const transfers = {
    modelDir,
    store,
    disk,
    clock: systemClock,
    random: systemRandom,
    log,
    registry: registryOptions(
      {
        keyFile: resolve(directory.path, 'registry.key'),
        trustsAsker: true,
        listed: [],
        mirrors: {},
      },
      '0.24.0',
      {},
    ),
  }
  const puller = new Puller(transfers)
  const care = { modelDir, store, puller, clock: systemClock, random: systemRandom, log }
  const engine = await startEmbeddedEngine({
    host: '127.0.0.1',
    port: 0,
    origins: [],
    catalogue: new Catalogue(modelDir, log),
    store,
    puller,
    pusher: new Pusher({ ...transfers, library: new PublishedModels(modelDir) }),
    verifier: new Scrubber(care),
    archiver: {
      import: (chunks, rename) => unpackModels(store, chunks, rename),
      export: (name) => packModel(modelDir, store, name),
    },
    defaults: { contextTokens: 4096, parallel: 4, cores: 1, gpuLayers: -1 },
    keepAliveMs: 300_000,
    ...memory,
    hookKey,
    sequenceDir: resolve(directory.path, 'sequences'),
    clock: systemClock,
    log,
  })
  const post = (path: string, body: object | string) =>
    fetch(engine.url + path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return {
    url: engine.url,
    modelDir,
    sequenceDir: resolve(directory.path, 'sequences'),
    install,
    post,
    /** The lines of a streamed answer. */
    async lines(path: string, body: object): Promise<Record<string, unknown>[]> {
      const text = await (await post(path, body)).text()
      const lines = text.split('\n')
      if (lines.pop() !== '') throw new Error('the last line has no end')
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    },
    async json(path: string, body?: object): Promise<Record<string, unknown>> {
      const response = body === undefined ? await fetch(engine.url + path) : await post(path, body)
      return (await response.json()) as Record<string, unknown>
    },
    async stop() {
      await engine.stop()
      await directory.remove()
    },
  }
}

export type TestEngine = Awaited<ReturnType<typeof startTestEngine>>
