/** Has the embedded engine look at the files of its models: when somebody asks, and in the background all the time, slowly. */
import type { EventLog, ModelActions, Progress } from '../admin/index.ts'
import { formatByteSize } from '../core/byte-size.ts'
import type { EngineView } from '../core/engine.ts'
import { OdError } from '../core/errors/index.ts'
import { type DamagedFile, type VerifyProgress, verifyStore } from '../engine/embedded/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import { ownEngineNames } from './engines.ts'

/** Of what a slow disk reads, a sixth; a terabyte takes 17 hours. */
const backgroundBytesPerSecond = 16 * 1024 * 1024

/** A start has other things to do. */
const firstLookMs = 10 * 60_000

/** Disks rot slowly: from the end of one look at all files to the next. */
const nextLookMs = 7 * 24 * 3_600_000

/** The engine was not there, or went. */
const againMs = 3_600_000

export interface ModelCare extends ModelActions {
  stop(): void
}

export interface ModelCareOptions {
  readonly engines: () => readonly EngineView[]
  readonly events: EventLog
  readonly clock: Clock
  readonly log: Log
}

/** Begins to look by and by. */
export function startModelCare(options: ModelCareOptions): ModelCare {
  const { clock, log } = options
  const ended = new AbortController()
  let cancel = clock.after(firstLookMs, look)
  function look(): void {
    const silent = { signal: ended.signal, onProgress: () => undefined }
    void verify(options, { model: undefined, bytesPerSecond: backgroundBytesPerSecond, ...silent })
      .then(({ progress }) => {
        log.info({ files: progress.files, bytes: progress.bytes }, 'models.verified')
        return nextLookMs
      })
      .catch((error: unknown) => {
        if (!ended.signal.aborted) log.info({ reason: String(error) }, 'models.unverified')
        return againMs
      })
      .then((delayMs) => {
        if (!ended.signal.aborted) cancel = clock.after(delayMs, look)
      })
  }
  return {
    verify(model) {
      engineUrl(options)
      return (progress) => verifyNow(options, model, progress)
    },
    stop() {
      cancel()
      ended.abort()
    },
  }
}

async function verifyNow(
  options: ModelCareOptions,
  model: string | undefined,
  { signal, tell }: Progress,
): Promise<void> {
  const { progress, damaged } = await verify(options, {
    model,
    bytesPerSecond: 0,
    signal,
    onProgress: (now) => tell(stepOf(now), true),
  })
  throwWorst(damaged)
  const files = `${progress.files} ${progress.files === 1 ? 'file' : 'files'}`
  const end = damaged.length === 0 ? 'all sound' : `${damaged.length} damaged and fetched again`
  tell(`looked at ${files}, ${end}`, false)
}

/** Throws `OD_VERIFY_DAMAGED` or `OD_VERIFY_UNREADABLE` where a file was not mended. What is gone is worse than what may not be read. */
function throwWorst(found: readonly DamagedFile[]): void {
  const unmended = found.filter(({ isHealed }) => !isHealed)
  const broken = unmended.filter(({ problem }) => problem !== 'unreadable')
  const worst = broken.length > 0 ? broken : unmended
  const [first] = worst
  if (first === undefined) return
  const code = worst === broken ? 'OD_VERIFY_DAMAGED' : 'OD_VERIFY_UNREADABLE'
  const models = [...new Set(worst.flatMap((file) => file.models))].join(', ')
  throw new OdError(code, { models, reason: first.reason })
}

async function verify(
  { events, ...options }: ModelCareOptions,
  order: {
    readonly model: string | undefined
    readonly bytesPerSecond: number
    readonly signal: AbortSignal
    readonly onProgress: (progress: VerifyProgress) => void
  },
): Promise<{ progress: VerifyProgress; damaged: readonly DamagedFile[] }> {
  const damaged: DamagedFile[] = []
  const onFinding = (file: DamagedFile) => {
    damaged.push(file)
    const { isHealed, ...facts } = file
    const isUnreadable = file.problem === 'unreadable'
    const state = isUnreadable ? 'unreadable' : isHealed ? 'healed' : 'damaged'
    events.add(`model.${state}`, facts)
  }
  const url = engineUrl(options)
  const progress = await verifyStore(url, { ...order, onFinding }, order.signal)
  return { progress, damaged }
}

/** Throws `OD_VERIFY_NO_ENGINE`. */
function engineUrl({ engines }: Pick<ModelCareOptions, 'engines'>): string {
  const engine = engines().find(({ id }) => id === ownEngineNames.embedded)
  if (engine?.state !== 'running') throw new OdError('OD_VERIFY_NO_ENGINE')
  return engine.url
}

function stepOf({ files, filesTotal, bytes, bytesTotal }: VerifyProgress): string {
  const sizes = `${formatByteSize(bytes)} of ${formatByteSize(bytesTotal)}`
  return `has looked at ${files} of ${filesTotal} files, ${sizes}`
}
