/** Entry of the embedded engine's process. Its one argument is an `EngineProcessOptions` as JSON. */
import { apiVersion, startEmbeddedEngine } from '../engine/embedded/index.ts'
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
import { openModelLibrary } from './model-library.ts'
import { registryOptions } from './registry-options.ts'

const [argument] = argumentsOfThisProcess()
const options = JSON.parse(argument ?? '{}') as EngineProcessOptions
const send = parentChannel<never, { type: 'ready'; url: string }>(() => undefined)
const log = openLog({ level: options.logLevel })

const library = await openModelLibrary({
  modelDir: options.modelDir,
  disk: { ...systemDisk, bounds: options.bounds },
  registry: registryOptions(options.registry, apiVersion, environmentOfThisProcess()),
  clock: systemClock,
  random: systemRandom,
  log,
})
const collectEveryMs = 60 * 60_000
function collectLater(): void {
  systemClock.after(collectEveryMs, () => {
    library.store
      .collect(systemClock.wallMs())
      .catch((error: unknown) => log.warn({ reason: String(error) }, 'model.collect-failed'))
      .finally(collectLater)
  })
}
collectLater()
const engine = await startEmbeddedEngine({
  ...options,
  ...library,
  keepAliveMs: options.keepAliveMs ?? Number.POSITIVE_INFINITY,
  hookKey: takeFromEnvironment(hookKeyVariable),
  clock: systemClock,
  log,
})
whenAskedToStop(() => engine.stop())
log.info({ url: engine.url }, 'engine.ready')
send({ type: 'ready', url: engine.url })
