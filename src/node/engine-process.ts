/** Entry of the embedded engine's process. Its one argument is an `EngineProcessOptions` as JSON. */
import { apiVersion, startEmbeddedEngine } from '../engine/embedded/index.ts'
import {
  Catalogue,
  openModelStore,
  PublishedModels,
  Puller,
  Pusher,
  packModel,
  Scrubber,
  unpackModels,
} from '../models/index.ts'
import { systemClock } from '../sys/clock.ts'
import { openLog } from '../sys/log.ts'
import { systemRandom } from '../sys/random.ts'
import { systemDisk } from '../sys/store-files.ts'
import {
  argumentsOfThisProcess,
  environmentOfThisProcess,
  parentChannel,
  takeFromEnvironment,
  whenAskedToStop,
} from '../sys/worker-process.ts'
import { type EngineProcessOptions, hookKeyVariable } from './embedded-child.ts'
import { registryOptions } from './registry-options.ts'

const [argument] = argumentsOfThisProcess()
const options = JSON.parse(argument ?? '{}') as EngineProcessOptions
const send = parentChannel<never, { type: 'ready'; url: string }>(() => undefined)
const log = openLog({ level: options.logLevel })

const { modelDir } = options
const disk = { ...systemDisk, bounds: options.bounds }
const store = await openModelStore({ modelDir, disk, clock: systemClock, log })
const collectEveryMs = 60 * 60_000
function collectLater(): void {
  systemClock.after(collectEveryMs, () => {
    store
      .collect(systemClock.wallMs())
      .catch((error: unknown) => log.warn({ reason: String(error) }, 'model.collect-failed'))
      .finally(collectLater)
  })
}
collectLater()
const transfers = {
  modelDir,
  store,
  disk,
  clock: systemClock,
  random: systemRandom,
  log,
  registry: registryOptions(options.registry, apiVersion, environmentOfThisProcess()),
}
const puller = new Puller(transfers)
const engine = await startEmbeddedEngine({
  ...options,
  keepAliveMs: options.keepAliveMs ?? Number.POSITIVE_INFINITY,
  catalogue: new Catalogue(modelDir, log),
  store,
  puller,
  pusher: new Pusher({ ...transfers, library: new PublishedModels(modelDir) }),
  hookKey: takeFromEnvironment(hookKeyVariable),
  archiver: {
    import: (chunks, rename) => unpackModels(store, chunks, rename),
    export: (name) => packModel(modelDir, store, name),
  },
  verifier: new Scrubber({
    modelDir,
    store,
    puller,
    clock: systemClock,
    random: systemRandom,
    log,
  }),
  clock: systemClock,
  log,
})
whenAskedToStop(() => engine.stop())
log.info({ url: engine.url }, 'engine.ready')
send({ type: 'ready', url: engine.url })
