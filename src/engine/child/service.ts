import { type Loop, startLoop } from '../../core/loop.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Processes, SpawnedProcess } from '../../sys/processes.ts'
import { type LineFile, lineFile } from '../../sys/processes-line-file.ts'
import type { Random } from '../../sys/random.ts'
import {
  type ChildEffect,
  type ChildEvent,
  type ChildStanding,
  type ChildState,
  initialChild,
  step,
} from './machine.ts'
import { readReadyMessage } from './ready-message.ts'
import type { ChildRecords } from './records.ts'

/** What is known of a child now. */
export interface ChildView {
  readonly name: string
  readonly state: ChildStanding
  /** Milliseconds since 1970 at which the newest `reason` came up. */
  readonly sinceMs: number
  /** Why it is in this state, one short clause. */
  readonly reason: string
  /** Of the living process, in whatever state. */
  readonly pid?: number
  /** Milliseconds since 1970 at which that process was started. */
  readonly startedMs?: number
  /** Origin at which it listens; only while `running`. */
  readonly url?: string
}

/** Each method does nothing when what it asks for is so already. */
export interface ChildSupervisor {
  /** Starts the child, and again whenever it ends. A child that is being stopped is started when it is gone. */
  start(): void
  /**
   * Ends the child politely, after the grace period by force, with all its descendants. Resolves when it is gone, or when
   * even a kill had no effect for two seconds; the records then still name it. It is not started again by itself.
   */
  stop(): Promise<void>
  /** Kills a child that lives and is of no use, which counts as a crash with that reason. */
  replace(reason: string): void
  readonly view: ChildView
  /** The newest lines of its output, oldest first, at most 50: enough for the end of a stack trace. */
  readonly lastLines: readonly string[]
}

/** So many lines are kept in memory for error reports. */
const lastLinesMax = 50

/** Resolves with the origin at which a child listens once it answers there; undefined when the signal fired before. */
export type UntilReady = (signal: AbortSignal) => Promise<string | undefined>

export interface ChildOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Folder in which it runs; this process's own when absent. */
  readonly cwd?: string
  /** How it is known to be ready; absent for a program of ours, which says so over its channel. */
  readonly untilReady?: UntilReady
  /** Why it cannot be started just now, which counts as a crash with that reason; undefined when it can. */
  readonly obstacle?: () => Promise<string | undefined>
  /** Added to this process's own environment. */
  readonly env: Readonly<Record<string, string>>
  /** Takes the child's output as it came; turned over at 16 MiB. */
  readonly logFile: string
  readonly clock: Clock
  readonly random: Random
  readonly processes: Processes
  readonly records: ChildRecords
  /** Hears of every change of state and of every crash; it must not throw. */
  readonly onChange: (view: ChildView) => void
}

/** Owns one child process; it does not run before `start`. */
export function superviseChild(options: ChildOptions): ChildSupervisor {
  return new Supervisor(options)
}

class Supervisor implements ChildSupervisor {
  readonly #options: ChildOptions
  readonly #loop: Loop<ChildState, ChildEvent>
  readonly #log: LineFile
  #process: { readonly spawned: SpawnedProcess; readonly startedMs: number } | undefined
  #lastLines: readonly string[] = []
  #stopping: PromiseWithResolvers<void> | undefined
  #announced: Pick<ChildView, 'state' | 'sinceMs' | 'reason'>

  constructor(options: ChildOptions) {
    const { clock, logFile } = options
    this.#options = options
    this.#log = lineFile(logFile)
    this.#announced = { state: 'stopped', sinceMs: clock.wallMs(), reason: 'not started yet' }
    this.#loop = startLoop({
      initial: initialChild,
      step,
      nowMs: () => clock.nowMs(),
      perform: (effect) => this.#perform(effect),
    })
  }

  start(): void {
    this.#loop.send({ type: 'start.asked' })
  }

  async stop(): Promise<void> {
    this.#stopping ??= Promise.withResolvers()
    const { promise } = this.#stopping
    this.#loop.send({ type: 'stop.asked' })
    await promise
    await this.#options.records.settled()
  }

  replace(reason: string): void {
    this.#loop.send({ type: 'process.hung', reason })
  }

  get view(): ChildView {
    const pid = this.#process?.spawned.pid
    const { phase } = this.#loop.state
    return {
      name: this.#options.name,
      ...this.#announced,
      ...(pid === undefined ? {} : { pid, startedMs: this.#process?.startedMs ?? 0 }),
      ...(phase.type === 'running' ? { url: phase.url } : {}),
    }
  }

  get lastLines(): readonly string[] {
    return this.#lastLines
  }

  #perform(effect: ChildEffect): void {
    switch (effect.type) {
      case 'spawn':
        return void this.#spawnWhenPossible()
      case 'terminate':
        return this.#process?.spawned.terminate()
      case 'kill':
        return this.#process?.spawned.killTree()
      case 'startTimer': {
        const { timer } = effect
        this.#options.clock.after(effect.delayMs, () =>
          this.#loop.send({ type: 'timer.fired', timer }),
        )
        return
      }
      case 'announce': {
        const { standing: state, reason } = effect
        this.#announced = { state, sinceMs: this.#options.clock.wallMs(), reason }
        return this.#options.onChange(this.view)
      }
      case 'settleStop':
        this.#stopping?.resolve()
        this.#stopping = undefined
    }
  }

  async #spawnWhenPossible(): Promise<void> {
    const { obstacle, random } = this.#options
    const reason = obstacle === undefined ? undefined : await obstacle()
    const isWanted = this.#loop.state.phase.type === 'starting' // it may have been stopped meanwhile
    if (reason === undefined && isWanted) return this.#spawn()
    if (reason !== undefined) this.#keepLine(reason)
    this.#log.close()
    const jitter = random.number()
    this.#loop.send({ type: 'process.exited', reason: reason ?? 'not started', jitter })
  }

  #keepLine(line: string): void {
    this.#lastLines = [...this.#lastLines, line].slice(-lastLinesMax)
    this.#log.write(line)
  }

  #spawn(): void {
    const { name, command, args, cwd, env, processes, records, random, untilReady } = this.#options
    const ended = new AbortController()
    const started = processes.spawn({
      command,
      args,
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...env, ...records.environment },
      hasChannel: untilReady === undefined,
      onLine: (line) => this.#keepLine(line),
      onMessage: (message) => {
        const url = readReadyMessage(message)
        if (url !== undefined) this.#loop.send({ type: 'process.ready', url })
      },
      onExit: (reason) => {
        if (started.pid !== undefined) records.remove(started.pid)
        this.#process = undefined
        ended.abort()
        this.#log.close()
        this.#loop.send({ type: 'process.exited', reason, jitter: random.number() })
      },
    })
    this.#process = { spawned: started, startedMs: this.#options.clock.wallMs() }
    if (started.pid === undefined) return
    records.add(name, started.pid)
    void untilReady?.(ended.signal).then((url) => {
      if (url !== undefined) this.#loop.send({ type: 'process.ready', url })
    })
  }
}
