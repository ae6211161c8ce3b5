/** What all routes of the embedded engine share. */
import { OdError } from '../../core/errors/index.ts'
import { parseModelName } from '../../core/model-name.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import { ownModelName } from '../../wire/ollama/model-source.ts'
import { decodeOptions } from '../../wire/ollama/options.ts'
import type { GoTemplate } from '../template/index.ts'
import type { LoadDefaults } from './load-options.ts'
import { loadOptionsFor } from './load-options.ts'
import type { InstalledModel, ModelCatalogue, ModelFiles } from './ports.ts'
import type { Lease, Residency } from './residency/index.ts'
import { type EffectiveOptions, effectiveOptions } from './sampling.ts'

/** Everything a route needs. */
export interface EngineService {
  readonly catalogue: ModelCatalogue
  readonly files: ModelFiles
  readonly residency: Residency
  readonly clock: Clock
  readonly defaults: LoadDefaults
  readonly log: Log
  /** The level of Ollama's API that is implemented. */
  readonly version: string
  /** Parses a template, or finds it parsed. Throws `OD_TEMPLATE_INVALID`. */
  templateOf(source: string): GoTemplate
}

/** The model of that name. Throws what Ollama answers for bad and unknown names, those of its cloud, and stubs while that is off. */
export async function findModel(
  service: EngineService,
  name: string,
  missing: 'OD_MODEL_NOT_FOUND' | 'OD_MODEL_NOT_FOUND_EMBED' = 'OD_MODEL_NOT_FOUND',
): Promise<InstalledModel> {
  if (name.trim() === '') throw new OdError('OD_MODEL_NOT_FOUND', { model: name })
  const own = ownModelName(name, 'remote model is unavailable')
  if (parseModelName(own) === undefined) throw new OdError('OD_MODEL_NAME_INVALID')
  const model = await service.catalogue.find(own)
  const isStub = model !== undefined && 'remote' in model
  if (isStub && missing === 'OD_MODEL_NOT_FOUND') {
    throw new OdError('OD_CLOUD_DISABLED', { what: 'remote model is unavailable' })
  }
  if (model === undefined || isStub) throw new OdError(missing, { model: name })
  return model
}

/** A model in memory with the options that hold for a request. */
export interface Ready {
  readonly lease: Lease
  readonly options: EffectiveOptions
  /** Ollama's `load_duration`: until the model was granted, waiting included. */
  readonly loadMs: number
}

/** Of what a client made up a log takes so much: names, and characters of each. */
const namesLogged = 16
const nameLengthMax = 64

/** What is no option, or none any more, is ignored, and the log says so, as Ollama's does. */
function noteUnknown({ log }: EngineService, model: InstalledModel, unknown: string[]): void {
  if (unknown.length === 0) return
  const options = unknown.slice(0, namesLogged).map((name) => name.slice(0, nameLengthMax))
  log.warn({ model: model.name, options }, 'options.ignored')
}

/** Has the model loaded, or waits for it; the caller releases the lease. */
export async function prepare(
  service: EngineService,
  model: InstalledModel,
  request: { readonly options: Readonly<Record<string, unknown>>; readonly keepAlive?: number },
  signal: AbortSignal,
): Promise<Ready> {
  const startedMs = service.clock.nowMs()
  const own = decodeOptions(model.parameters)
  const asked = decodeOptions(request.options)
  noteUnknown(service, model, [...own.unknown, ...asked.unknown])
  const options = effectiveOptions(own, asked)
  const load = loadOptionsFor(model, { ...own, ...asked }, service.defaults)
  const wanted = { load, keepAliveMs: request.keepAlive, model }
  const releases = [model.weightsPath, ...model.adapterPaths].map((path) =>
    service.files.holdFile(path),
  )
  const release = () => {
    for (const one of releases) one?.()
  }
  if (releases.includes(undefined)) {
    release()
    throw new OdError('OD_MODEL_NOT_FOUND', { model: model.name })
  }
  const lease = await service.residency.acquire(wanted, signal).finally(release)
  return { lease, options, loadMs: service.clock.nowMs() - startedMs }
}
