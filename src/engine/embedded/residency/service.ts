import { OdError } from '../../../core/errors/index.ts'
import { startLoop } from '../../../core/loop.ts'
import type { Clock } from '../../../sys/clock.ts'
import type { Log } from '../../../sys/log.ts'
import { type LoadOptions, type ModelFacts, type Runner, startRunner } from '../../runner/index.ts'
import type { FittedLoad } from '../load-check.ts'
import type { InstalledModel } from '../ports.ts'
import {
  type CrashBook,
  liftQuarantine,
  noteCrash,
  noteLoaded,
  quarantinedMs,
  refusalOf,
} from './quarantine.ts'
import {
  initialResidency,
  type ResidencyBounds,
  type ResidencyEffect,
  type ResidencyEvent,
  type ResidencyState,
  type Resident,
  step,
} from './residency.ts'
import { serves } from './serves.ts'

/** A model in memory, granted to one request until `release`. */
export interface Lease {
  readonly runner: Runner
  readonly facts: ModelFacts
  /** Must be called exactly once. */
  release(): void
}

/** A model in memory, or on its way there, as a list shows it. */
export interface ResidentView extends Resident {
  readonly runner: Runner
  /** Of several names of the same weights the one for which it was loaded. */
  readonly model: InstalledModel | undefined
  /** Undefined while it loads. */
  readonly facts: ModelFacts | undefined
}

/** Keeps models in memory; see `residency.ts` for the rules. */
export interface Residency {
  /**
   * Waits until the model is in memory and leases it. Rejects with `OD_MODEL_LOAD` or `OD_RUNNER_START` when it cannot be
   * loaded, `OD_MODEL_QUARANTINED` when that was tried too often,
   * `OD_QUEUE_FULL` when too many wait, `OD_REQUEST_CANCELED` when the signal fires first.
   */
  acquire(
    wanted: { load: LoadOptions; keepAliveMs: number | undefined; model: InstalledModel },
    signal: AbortSignal,
  ): Promise<Lease>
  /** Unloads a model as soon as nobody uses it. One that was not loaded any more, because it ended its runners, is tried again. */
  unload(path: string): void
  /** What loads and what is ready, busy or not; what is on its way out is not told, as in Ollama. */
  list(): readonly ResidentView[]
  /** Milliseconds for which the model is not loaded, because it ended its runners; 0 where it is. */
  quarantinedMs(path: string): number
  /** Ends all runners. */
  stop(): void
}

interface Running {
  readonly runner: Runner
  readonly model: InstalledModel | undefined
  facts?: ModelFacts
  /** True once it was told to end. */
  isStopped: boolean
}

interface Pending {
  readonly model: InstalledModel
  resolve(lease: Lease): void
  reject(error: Error): void
}

/** Starts with nothing in memory. */
export function startResidency(options: {
  bounds: ResidencyBounds
  /** How a model is to be loaded within so many bytes; throws when it must not be. Asked before each load. */
  fit: (load: LoadOptions, memoryBytes: number) => FittedLoad
  /** Memory that new processes may take, in bytes. */
  availableBytes: () => number
  clock: Clock
  log: Log
}): Residency {
  const { clock, log } = options
  const running = new Map<string, Running>()
  const pending = new Map<number, Pending>()
  const failures = new Map<string, OdError>()
  let crashes: CrashBook = new Map()
  let nextId = 1
  let bytesWhenEmpty = 0

  const loop = startLoop<ResidencyState, ResidencyEvent, ResidencyEffect>({
    initial: initialResidency(options.bounds),
    step,
    nowMs: () => clock.nowMs(),
    perform,
  })

  function perform(effect: ResidencyEffect, send: (event: ResidencyEvent) => void): void {
    switch (effect.type) {
      case 'load':
        return load(effect, send)
      case 'kill':
        return end(running.get(effect.path))
      case 'grant':
        return grant(effect.id, effect.path, send)
      case 'refuse':
        return refuse(effect)
      case 'startTimer':
        clock.after(effect.delayMs, () => send({ type: 'timer.fired', path: effect.path }))
    }
  }

  /**
   * What all models together may take. Weights are mapped, so what the system calls available falls little with them, or in a
   * container by all they hold: what was there before the first model is right in both, unless others took it since.
   */
  function memoryBytes(): number {
    const available = options.availableBytes()
    const { residents } = loop.state
    if (residents.size === 0) bytesWhenEmpty = available
    const held = [...residents.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    return Math.min(bytesWhenEmpty, available + held)
  }

  function fitted(load: LoadOptions, memory: number): FittedLoad {
    const resident = loop.state.residents.get(load.path)
    if (resident !== undefined && serves(resident.load, load)) return resident
    const refusal = refusalOf(crashes, load, clock.nowMs())
    if (refusal !== undefined) throw refusal
    return options.fit(load, memory)
  }

  function load(
    { id, load: loadOptions }: Extract<ResidencyEffect, { type: 'load' }>,
    send: (event: ResidencyEvent) => void,
  ): void {
    const { path } = loadOptions
    const startedMs = clock.nowMs()
    const { model } = pending.get(id) ?? {}
    const entry: Running = { runner: startRunner(), model, isStopped: false }
    running.set(path, entry)
    entry.runner.onExit(({ error, code, signal, stderr }) => {
      const facts = { runner: entry.runner.pid, path, code, signal }
      const isLoaded = entry.facts !== undefined
      running.delete(path)
      if (!isLoaded) failures.set(path, error)
      if (entry.isStopped) log.info(facts, 'runner.exited')
      else {
        const event = isLoaded ? 'runner.died' : 'runner.load-failed'
        log.warn({ ...facts, reason: error.message, stderr }, event)
      }
      if (!entry.isStopped && error.code === 'OD_RUNNER_START') {
        crashes = noteCrash(crashes, loadOptions, { reason: error.message, nowMs: clock.nowMs() })
        if (quarantinedMs(crashes, path, clock.nowMs()) > 0) {
          log.error({ path, model: model?.name, reason: error.message }, 'model.quarantined')
        }
      }
      send({ type: 'runner.exited', path })
    })
    entry.runner.load(loadOptions).then(
      (facts) => {
        entry.facts = facts
        crashes = noteLoaded(crashes, loadOptions)
        const durationMs = Math.round(clock.nowMs() - startedMs)
        log.info({ runner: entry.runner.pid, path, durationMs }, 'runner.loaded')
        if (running.get(path) === entry) send({ type: 'runner.loaded', path })
      },
      () => undefined, // its process is gone, and that was told above
    )
  }

  function grant(id: number, path: string, send: (event: ResidencyEvent) => void): void {
    const entry = running.get(path)
    const request = pending.get(id)
    pending.delete(id)
    const release = () => send({ type: 'request.finished', id })
    if (entry?.facts === undefined || request === undefined) return release()
    request.resolve({ runner: entry.runner, facts: entry.facts, release })
  }

  function refuse({ id, path, reason }: Extract<ResidencyEffect, { type: 'refuse' }>): void {
    const request = pending.get(id)
    pending.delete(id)
    const failure = reason === 'queueFull' ? undefined : failures.get(path)
    request?.reject(failure ?? new OdError('OD_QUEUE_FULL'))
  }

  return {
    acquire(wanted, signal) {
      const id = nextId++
      const { keepAliveMs, load, model } = wanted
      const lease = new Promise<Lease>((resolve, reject) => {
        if (signal.aborted) return reject(new OdError('OD_REQUEST_CANCELED'))
        const memory = memoryBytes()
        const fit = fitted(load, memory)
        const leave = () => {
          if (!pending.delete(id)) return // it was granted; whoever holds the lease releases it
          loop.send({ type: 'request.finished', id })
          reject(new OdError('OD_REQUEST_CANCELED'))
        }
        signal.addEventListener('abort', leave, { once: true })
        const settled = () => signal.removeEventListener('abort', leave)
        pending.set(id, {
          model,
          resolve: (granted) => (settled(), resolve(granted)),
          reject: (error) => (settled(), reject(error)),
        })
        failures.delete(load.path)
        const asked = { id, load: fit.load, bytes: fit.bytes, keepAliveMs }
        loop.send({ type: 'request.arrived', wanted: asked, memoryBytes: memory })
      })
      return lease
    },
    unload(path) {
      crashes = liftQuarantine(crashes, path)
      loop.send({ type: 'unload.asked', path })
    },
    quarantinedMs: (path) => quarantinedMs(crashes, path, clock.nowMs()),
    list: () =>
      [...loop.state.residents].flatMap(([path, resident]) => {
        const entry = running.get(path)
        if (entry === undefined || resident.phase === 'stopping') return []
        const { runner, model, facts } = entry
        return [{ ...resident, runner, model, facts }]
      }),
    stop() {
      for (const entry of running.values()) end(entry)
    },
  }
}

function end(entry: Running | undefined): void {
  if (entry === undefined) return
  entry.isStopped = true
  entry.runner.kill()
}
