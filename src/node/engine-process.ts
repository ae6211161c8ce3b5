/** Entry of the embedded engine's process. Its one argument is an `EngineProcessOptions` as JSON. */
import { apiVersion, startEmbeddedEngine } from '../engine/embedded/index.ts'
import { Catalogue, openModelStore, PublishedModels, Puller, Pusher } from '../models/index.ts'
import { systemClock } from '../sys/clock.ts'
import { openLog } from '../sys/log.ts'
import { systemRandom } from '../sys/random.ts'
import { systemDisk } from '../sys/store-files.ts'
import {
  argumentsOfThisProcess,
  environmentOfThisProcess,
  parentChannel,
  whenAskedToStop,
} from '../sys/worker-process.ts'
import type { EngineProcessOptions } from './embedded-child.ts'
import { registryOptions } from './registry-options.ts'

const [argument] = argumentsOfThisProcess()
const options = JSON.parse(argument ?? '{}') as EngineProcessOptions
const send = parentChannel<never, { type: 'ready'; url: string }>(() => undefined)
const log = openLog({ level: options.logLevel })

const { modelDir } = options
const store = await openModelStore({ modelDir, disk: systemDisk, clock: systemClock, log })
const transfers = {
  modelDir,
  store,
  disk: systemDisk,
  clock: systemClock,
  random: systemRandom,
  log,
  registry: registryOptions(options.registry, apiVersion, environmentOfThisProcess()),
}
const engine = await startEmbeddedEngine({
  ...options,
  keepAliveMs: options.keepAliveMs ?? Number.POSITIVE_INFINITY,
  catalogue: new Catalogue(modelDir, log),
  store,
  puller: new Puller(transfers),
  pusher: new Pusher({ ...transfers, library: new PublishedModels(modelDir) }),
  clock: systemClock,
  log,
})
whenAskedToStop(() => engine.stop())
log.info({ url: engine.url }, 'engine.ready')
send({ type: 'ready', url: engine.url })
