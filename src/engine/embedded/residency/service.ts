import { OdError } from '../../../core/errors/index.ts'
import { startLoop } from '../../../core/loop.ts'
import type { Clock } from '../../../sys/clock.ts'
import type { Log } from '../../../sys/log.ts'
import { type LoadOptions, type ModelFacts, type Runner, startRunner } from '../../runner/index.ts'
import {
  initialResidency,
  type ResidencyBounds,
  type ResidencyEffect,
  type ResidencyEvent,
  type ResidencyState,
  type Resident,
  step,
} from './residency.ts'

/** A model in memory, granted to one request until `release`. */
export interface Lease {
  readonly runner: Runner
  readonly facts: ModelFacts
  /** Must be called exactly once. */
  release(): void
}

/** A model in memory as a list shows it. */
export interface ResidentView extends Resident {
  readonly runner: Runner
  readonly facts: ModelFacts
}

/** Keeps models in memory; see `residency.ts` for the rules. */
export interface Residency {
  /**
   * Waits until the model is in memory and leases it. Rejects with `OD_MODEL_LOAD` or `OD_RUNNER_START` when it cannot be
   * loaded,
   * `OD_QUEUE_FULL` when too many wait, `OD_REQUEST_CANCELED` when the signal fires first.
   */
  acquire(
    wanted: { load: LoadOptions; keepAliveMs: number | undefined },
    signal: AbortSignal,
  ): Promise<Lease>
  /** Unloads a model as soon as nobody uses it. */
  unload(path: string): void
  /** What is in memory and ready, busy or not. */
  list(): readonly ResidentView[]
  /** Ends all runners. */
  stop(): void
}

interface Running {
  readonly runner: Runner
  facts?: ModelFacts
  /** True once it was told to end. */
  isStopped: boolean
}

interface Pending {
  resolve(lease: Lease): void
  reject(error: Error): void
}

/** Starts with nothing in memory. */
export function startResidency(options: {
  bounds: ResidencyBounds
  /** Throws when a model must not be loaded; asked before each load. */
  judge: (load: LoadOptions) => void
  clock: Clock
  log: Log
}): Residency {
  const { clock, log } = options
  const running = new Map<string, Running>()
  const pending = new Map<number, Pending>()
  const failures = new Map<string, OdError>()
  let nextId = 1

  const loop = startLoop<ResidencyState, ResidencyEvent, ResidencyEffect>({
    initial: initialResidency(options.bounds),
    step,
    nowMs: () => clock.nowMs(),
    perform,
  })

  function perform(effect: ResidencyEffect, send: (event: ResidencyEvent) => void): void {
    switch (effect.type) {
      case 'load':
        return load(effect.load, send)
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

  function load(loadOptions: LoadOptions, send: (event: ResidencyEvent) => void): void {
    const { path } = loadOptions
    const startedMs = clock.nowMs()
    const entry: Running = { runner: startRunner(), isStopped: false }
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
      send({ type: 'runner.exited', path })
    })
    entry.runner.load(loadOptions).then(
      (facts) => {
        entry.facts = facts
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
      const { path } = wanted.load
      const lease = new Promise<Lease>((resolve, reject) => {
        if (signal.aborted) return reject(new OdError('OD_REQUEST_CANCELED'))
        if (!loop.state.residents.has(path)) options.judge(wanted.load)
        const leave = () => {
          if (!pending.delete(id)) return // it was granted; whoever holds the lease releases it
          loop.send({ type: 'request.finished', id })
          reject(new OdError('OD_REQUEST_CANCELED'))
        }
        signal.addEventListener('abort', leave, { once: true })
        const settled = () => signal.removeEventListener('abort', leave)
        pending.set(id, {
          resolve: (granted) => (settled(), resolve(granted)),
          reject: (error) => (settled(), reject(error)),
        })
        failures.delete(path)
        loop.send({ type: 'request.arrived', wanted: { id, ...wanted } })
      })
      return lease
    },
    unload: (path) => loop.send({ type: 'unload.asked', path }),
    list: () =>
      [...loop.state.residents].flatMap(([path, resident]) => {
        const entry = running.get(path)
        if (entry?.facts === undefined || resident.phase !== 'ready') return []
        return [{ ...resident, runner: entry.runner, facts: entry.facts }]
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
