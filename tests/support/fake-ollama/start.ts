/** The door of the fake Ollama: starts it as a process of its own and speaks with it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type {
  FakeOptions,
  Faults,
  RecordedRequest,
  Stats,
} from '../../../src/fake-engine/ollama/index.ts'
import { n24 } from '../n24.ts'
import { within } from '../until.ts'
import type { Command, Reply } from './channel.ts'

export type {
  AnswerFault,
  Capability,
  FakeModel,
  FakeOptions,
  Faults,
  RecordedRequest,
  Stats,
} from '../../../src/fake-engine/ollama/index.ts'

const stopTimeoutMs = 10_000

/** More than any answer has. */
const allTokens = Number.MAX_SAFE_INTEGER

export interface FakeOllama {
  /** Origin, for example `http://127.0.0.1:40123`. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Requests since the start, oldest first. */
  readonly requests: () => Promise<readonly RecordedRequest[]>
  readonly stats: () => Promise<Stats>
  /** Replaces all faults; an empty object makes it healthy. Holds in the answers that already run, too. */
  readonly set: (faults: Faults) => Promise<void>
  /** Lets every answer that is held by `holdAfterTokens` make so many tokens more; all of them when absent. */
  readonly release: (tokens?: number) => Promise<void>
  /** Ends it and waits for its end. Connections are cut. Stopping twice is fine. */
  readonly stop: () => Promise<void>
  /** Ends it with SIGKILL, as a crash would. */
  readonly kill: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * Starts a fake and resolves when it listens. Whoever starts one stops it. `prefix`: in front of its command line, for one
 * that runs on another host of the test.
 */
export async function startFakeOllama(
  options: FakeOptions = {},
  prefix: readonly string[] = [],
): Promise<FakeOllama> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const [program, ...args] = [...prefix, n24, main]
  const child = spawn(program ?? n24, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const channel = new Channel(child)
  const port = (await channel.ask({ type: 'start', options }).catch(async (error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })) as number
  const stop = async () => {
    if (channel.hasExited) return
    await channel.ask({ type: 'stop' }).catch(() => {}) // one that is gone has no ear; the next line tells
    await within('the end of the fake Ollama', channel.exited, stopTimeoutMs)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    requests: async () => (await channel.ask({ type: 'requests' })) as RecordedRequest[],
    stats: async () => (await channel.ask({ type: 'stats' })) as Stats,
    set: async (faults) => void (await channel.ask({ type: 'set', faults })),
    release: async (tokens) => {
      await channel.ask({ type: 'release', tokens: tokens ?? allTokens })
    },
    stop,
    kill: async () => {
      child.kill('SIGKILL')
      await channel.exited
    },
    [Symbol.asyncDispose]: stop,
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Numbers commands and fits replies to them. An unexpected end rejects what waits, with what the fake complained. */
class Channel {
  readonly exited: Promise<void>
  hasExited = false
  #seq = 0
  #complaints = ''
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()

  constructor(child: ChildProcess) {
    this.#child = child
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints += text
    })
    child.on('message', (reply: Reply) => this.#settle(reply))
    child.on('error', () => {}) // told by the exit
    this.exited = new Promise((resolve) => {
      child.once('close', () => {
        this.hasExited = true
        for (const { reject } of this.#waiting.values()) reject(this.#gone())
        resolve()
      })
    })
  }

  async ask(command: Command): Promise<unknown> {
    if (this.hasExited || !this.#child.connected) throw this.#gone()
    const seq = ++this.#seq
    return await new Promise((resolve, reject) => {
      this.#waiting.set(seq, { resolve, reject })
      this.#child.send({ seq, command }, (error) => {
        if (error !== null) reject(error)
      })
    })
  }

  #settle({ seq, error, value }: Reply): void {
    const waiting = this.#waiting.get(seq)
    this.#waiting.delete(seq)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(error))
  }

  #gone(): Error {
    return new Error(`the fake Ollama is gone\n${this.#complaints}`)
  }
}
