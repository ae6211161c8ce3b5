/** A stand-in for Ollama 0.24: over HTTP it is nothing but one; faults are switched from elsewhere. */
import type { Clock } from '../../sys/clock.ts'
import type { Server } from './call.ts'
import { FaultSwitch } from './fault-switch.ts'
import { Journal } from './journal.ts'
import { Library } from './library.ts'
import { listen } from './listener.ts'
import type { FakeModel, FakeOptions, Faults, RecordedRequest, Stats } from './options.ts'
import { Scheduler } from './scheduler.ts'

const modelsDefault: readonly FakeModel[] = [{ name: 'tiny' }]

export interface FakeOllama {
  readonly port: number
  /** Requests since the start, oldest first; the last 10,000. */
  requests(): readonly RecordedRequest[]
  stats(): Stats
  /** Replaces all faults; an empty object makes it healthy. */
  set(faults: Faults): Promise<void>
  /** Lets every answer that `holdAfterTokens` holds make so many tokens more. */
  release(tokens: number): void
  /** Cuts all connections. */
  stop(): Promise<void>
}

/** What the fake needs of the process it runs in. */
export interface FakeHost {
  readonly clock: Clock
  /** Ends the process at once, as `kill -9` does; what the fault `processDies` calls. */
  readonly die: () => void
}

/** Starts one on the loopback address. Rejects with the system's error when the port cannot be had. */
export async function startFakeOllama(
  options: FakeOptions,
  { clock, die }: FakeHost,
): Promise<FakeOllama> {
  const stampFromMs = clock.wallMs() - clock.nowMs()
  const schedulerOptions = {
    slots: options.parallel ?? 1,
    queueMax: options.maxQueue ?? 512,
    loadedMax: options.maxLoaded ?? 3,
    keepAliveMs: options.keepAliveMs ?? 300_000,
    numCtx: options.numCtx ?? 4096,
  }
  const scheduler = new Scheduler(schedulerOptions, clock)
  const journal = new Journal(clock)
  const faults = new FaultSwitch()
  const server: Server = {
    clock,
    stampMs: () => stampFromMs + clock.nowMs(),
    library: new Library(options.models ?? modelsDefault, clock.wallMs()),
    scheduler,
    faults,
    journal,
    version: options.version ?? '0.24.0',
    answerTokens: options.answerTokens ?? 8,
    tokenIntervalMs: options.tokenIntervalMs ?? 0,
    tokens: options.tokens ?? 'words',
    die,
  }
  const listener = await listen(server, options.host ?? '127.0.0.1', options.port ?? 0)
  return {
    port: listener.port,
    requests: () => journal.list(),
    stats: () => ({ ...journal.counts, loads: scheduler.loads, unloads: scheduler.unloads }),
    async set(next) {
      faults.set(next)
      await listener.setRefusing(faults.refusesConnections)
    },
    release: (tokens) => faults.release(tokens),
    async stop() {
      scheduler.close()
      await listener.close()
    },
  }
}
