/** Entry of the embedded engine's process. Its one argument is an `EngineProcessOptions` as JSON. */
import { startEmbeddedEngine } from '../engine/embedded/index.ts'
import { Catalogue, openModelStore } from '../models/index.ts'
import { systemClock } from '../sys/clock.ts'
import { openLog } from '../sys/log.ts'
import { systemDisk } from '../sys/store-files.ts'
import { argumentsOfThisProcess, parentChannel, whenAskedToStop } from '../sys/worker-process.ts'
import type { EngineProcessOptions } from './embedded-child.ts'

const [argument] = argumentsOfThisProcess()
const options = JSON.parse(argument ?? '{}') as EngineProcessOptions
const send = parentChannel<never, { type: 'ready'; url: string }>(() => undefined)
const log = openLog({ level: options.logLevel })

const engine = await startEmbeddedEngine({
  ...options,
  keepAliveMs: options.keepAliveMs ?? Number.POSITIVE_INFINITY,
  catalogue: new Catalogue(options.modelDir, log),
  store: await openModelStore({
    modelDir: options.modelDir,
    disk: systemDisk,
    clock: systemClock,
    log,
  }),
  clock: systemClock,
  log,
})
whenAskedToStop(() => engine.stop())
log.info({ url: engine.url }, 'engine.ready')
send({ type: 'ready', url: engine.url })
