import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Writable } from 'node:stream'
import {
  allProcesses,
  type ListeningSocket,
  listeningPorts,
  listeningSockets,
  processesOfRun,
  runMarker,
  type SeenProcess,
} from './process-tree.ts'
import { until, within } from './until.ts'

/** Output beyond this is dropped from the front; a test that looks at more is looking for the wrong thing. */
const outputCharsMax = 4 * 1024 * 1024

/** What ended processes may still need before the kernel has them off its lists. */
const settleMsDefault = 5_000

/** Reading all of /proc costs some milliseconds. */
const lookEveryMs = 100

/** How long output may lag behind the exit; a descendant that holds the pipe open would delay it for ever. */
const outputLagMs = 500

export interface Exit {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface MarkedOptions {
  readonly command: string
  readonly args?: readonly string[]
  readonly cwd?: string
  /** Added to what is inherited; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * A started command line with all its descendants. They are known by an environment marker that children inherit, and
 * those that drop it by having been seen as descendants. The command gets a process group of its own.
 */
export class MarkedProcess {
  /** Process id of the command itself. */
  readonly pid: number
  readonly runId: string = randomUUID()
  /** Resolves when the command itself has ended; never rejects. */
  readonly exited: Promise<Exit>
  /** What it has written so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  #hasExited = false
  readonly #child: ChildProcessWithoutNullStreams
  readonly #commandLine: string
  readonly #seen = new Map<string, SeenProcess>()
  readonly #sockets = new Map<string, ListeningSocket>()

  constructor(options: MarkedOptions) {
    const { command, args = [], cwd, env } = options
    this.#commandLine = [command, ...args].join(' ')
    this.#child = spawn(command, args, {
      cwd,
      env: { ...inheritedEnvironment(), ...env, [runMarker]: this.runId },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.on('error', () => {}) // no such program: there is no pid either, see below
    if (this.#child.pid === undefined) throw new Error(`cannot start ${command}`)
    this.pid = this.#child.pid
    this.stdout = collect(this.#child.stdout)
    this.stderr = collect(this.#child.stderr)
    this.#child.stdin.on('error', () => {}) // it ended without reading; the exit tells
    this.exited = exitOf(this.#child).then((exit) => {
      this.#hasExited = true
      return exit
    })
  }

  get stdin(): Writable {
    return this.#child.stdin
  }

  get hasExited(): boolean {
    return this.#hasExited
  }

  /** Both outputs under headings, for messages. */
  get output(): string {
    return `--- stdout\n${this.stdout()}\n--- stderr\n${this.stderr()}`
  }

  /** Resolves once standard output matches; rejects with the output after `timeoutMs`, or when the command ends. */
  async saw(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray> {
    const find = () => pattern.exec(this.stdout())
    const options = timeoutMs === undefined ? {} : { timeoutMs }
    await until(
      `${pattern} in the output`,
      () => find() !== null || this.#hasExited,
      options,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`)
    })
    const match = find()
    if (match === null) throw new Error(`ended without ${pattern}\n${this.output}`)
    return match
  }

  /** Living processes of the whole tree. */
  async tree(): Promise<SeenProcess[]> {
    const marked = await processesOfRun(this.runId, this.#hasExited ? [] : [this.pid])
    const found = new Map(marked.map((one) => [nameOf(one), one]))
    for (const one of await allProcesses()) {
      if (this.#seen.has(nameOf(one))) found.set(nameOf(one), one)
    }
    return [...found.values()]
  }

  /** Signals the command alone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Signals its whole process group, as a terminal does for Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal)
  }

  /** Remembers processes and listening ports as they are now, for `assertNothingLeft`. */
  async remember(): Promise<void> {
    const living = await this.tree()
    for (const one of living) this.#seen.set(nameOf(one), one)
    const pids = living.map((one) => one.pid)
    for (const socket of await listeningSockets(pids)) this.#sockets.set(socket.inode, socket)
  }

  /** Fails, naming them, when a process of the tree lives or a port that it listened on is still held. */
  async assertNothingLeft(settleMs: number = settleMsDefault): Promise<void> {
    let left: string[] = []
    const isEmpty = async () => {
      left = await this.#leftovers()
      return left.length === 0
    }
    const options = { timeoutMs: settleMs, everyMs: lookEveryMs }
    await until('nothing to be left', isEmpty, options).catch((error: unknown) => {
      const what = left.length > 0 ? left.join('\n') : String(error)
      throw new Error(`left behind by ${this.#commandLine}:\n${what}`)
    })
  }

  /** Kills the whole tree with SIGKILL, whatever state it is in. For cleaning up; asserts nothing. */
  async destroy(): Promise<void> {
    await until('the killed tree to be gone', async () => {
      const living = await this.tree()
      for (const one of living) killIfThere(one.pid)
      return living.length === 0
    })
    await within('the end of the killed command', this.exited)
  }

  async #leftovers(): Promise<string[]> {
    const ports = await listeningPorts()
    const held = [...this.#sockets.values()].filter(({ inode }) => ports.has(inode))
    return [
      ...(await this.tree()).map(({ pid, command }) => `process ${pid}: ${command}`),
      ...held.map(({ port, pid }) => `port ${port}, first held by process ${pid}`),
    ]
  }
}

async function exitOf(child: ChildProcessWithoutNullStreams): Promise<Exit> {
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  const exit = await new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  await within('the last output', closed, outputLagMs).catch(() => {})
  return exit
}

function nameOf(one: SeenProcess): string {
  return `${one.pid}@${one.startTicks}`
}

/** The environment of the tests without what would steer the program under test. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const steering = /^(OLLAMA_|LOG_LEVEL$|NODE_OPTIONS$|NODE_ENV$|VITEST|OD_TEST_)/
  const inherited = Object.entries(process.env).filter(([name]) => !steering.test(name))
  // The network of whoever runs the tests is told of none of the nodes.
  return { ...Object.fromEntries(inherited), OLLAMA_DISTRIBUTED_DISCOVERY: 'false' }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (part: string) => {
    text = (text + part).slice(-outputCharsMax)
  })
  return () => text
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended between the look and the kill.
  }
}
