/** The real product in processes of its own, as a user starts it. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Exit, type MarkedOptions, MarkedProcess } from './marked-process.ts'
import { n24, projectDir } from './n24.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'
import { until, within } from './until.ts'

/** Far beyond the promised 3 s, so that a loaded test machine does not decide. */
const readyTimeoutMsDefault = 60_000

/** Longer than any drain of the product, so that a slow drain is told from a hang by its exit code. */
const stopTimeoutMsDefault = 40_000

type Environment = NonNullable<MarkedOptions['env']>

/** What a running node writes into `run/node.json` of its data directory. */
export interface RunFile {
  readonly pid: number
  readonly startedAt: string
  /** Origin of the gateway, for example `http://127.0.0.1:8080`. */
  readonly gateway: string
  /** Origin of the embedded engine, when there is one. */
  readonly engine?: string
}

export interface NodeOptions {
  /** Without one, an empty temporary folder that disposing removes. */
  readonly dataDir?: string
  /** After `start --data-dir … --port 0 --ollama-port 0 --link-port 0`; a later flag wins over an earlier one. */
  readonly args?: readonly string[]
  readonly env?: Environment
  readonly cwd?: string
  /** Another command line instead of `node dist/main.js start …`; it must use `dataDir`. */
  readonly command?: readonly [program: string, ...args: string[]]
  readonly readyTimeoutMs?: number
}

/** A running node. */
export class NodeProcess extends MarkedProcess {
  readonly dataDir: string
  #runFile: RunFile | undefined
  readonly #removeDataDir: () => Promise<void>

  constructor(options: MarkedOptions, dataDir: string, removeDataDir: () => Promise<void>) {
    super(options)
    this.dataDir = dataDir
    this.#removeDataDir = removeDataDir
  }

  get runFile(): RunFile {
    if (this.#runFile === undefined) throw new Error('the node is not ready yet')
    return this.#runFile
  }

  /** Origin of the gateway. */
  get gateway(): string {
    return this.runFile.gateway
  }

  /** Resolves once the run file names a living process of this start; rejects with the output otherwise. */
  async ready(timeoutMs: number): Promise<void> {
    const find = async () => (this.hasExited ? 'exited' : await this.#ownRunFile())
    const found = await until('the run file of a living node', find, { timeoutMs }).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${this.output}`)
      },
    )
    if (found === 'exited') throw new Error(`ended before it was ready\n${this.output}`)
    this.#runFile = found
    await this.remember()
  }

  /** Sends SIGTERM and waits for the end; kills the tree and rejects when that takes too long. */
  async stop(timeoutMs: number = stopTimeoutMsDefault): Promise<Exit> {
    await this.remember()
    this.signal('SIGTERM')
    try {
      return await within('the end after SIGTERM', this.exited, timeoutMs)
    } catch (error) {
      await this.destroy()
      throw new Error(`${String(error)}\n${this.output}`, { cause: error })
    }
  }

  /** Kills the node alone with SIGKILL, as a crash would, and waits until the started command has ended. */
  async kill(): Promise<Exit> {
    await this.remember()
    process.kill(this.runFile.pid, 'SIGKILL')
    return await within('the end after SIGKILL', this.exited)
  }

  /** Kills what still runs and removes the data directory if it was made for this node. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy()
    await this.#removeDataDir()
  }

  /** The run file, unless an earlier node left it behind. */
  async #ownRunFile(): Promise<RunFile | undefined> {
    const text = await readFile(join(this.dataDir, 'run', 'node.json'), 'utf8')
    const found = JSON.parse(text) as RunFile
    const mine = await this.tree()
    return mine.some(({ pid }) => pid === found.pid) ? found : undefined
  }
}

/** Starts a node and resolves once it is ready. Whoever starts one stops it, or disposes of it. */
export async function startNode(options: NodeOptions = {}): Promise<NodeProcess> {
  const own = options.dataDir === undefined ? await makeTemporaryDirectory() : undefined
  const dataDir = options.dataDir ?? own?.path ?? ''
  const [command, ...args] = options.command ?? productLine(startArguments(dataDir, options.args))
  const line: MarkedOptions = { command, args, ...placeOf(options) }
  const node = new NodeProcess(line, dataDir, async () => own?.remove())
  try {
    await node.ready(options.readyTimeoutMs ?? readyTimeoutMsDefault)
    return node
  } catch (error) {
    await node[Symbol.asyncDispose]()
    throw error
  }
}

export interface Finished extends Exit {
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
}

export interface RunOptions {
  readonly env?: Environment
  readonly cwd?: string
  /** Given to standard input, which is closed after it. */
  readonly input?: string
  readonly timeoutMs?: number
}

/** Runs the product's command line to its end, for example `runProduct(['status', '--data-dir', dir])`. */
export async function runProduct(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const [command, ...rest] = productLine(args)
  return await runToEnd({ command, args: rest, ...placeOf(options) }, options)
}

/** Runs any command line to its end; kills its tree and rejects when that takes too long. */
export async function runToEnd(
  line: MarkedOptions,
  options: Pick<RunOptions, 'input' | 'timeoutMs'> = {},
): Promise<Finished> {
  const startedMs = performance.now()
  const marked = new MarkedProcess(line)
  marked.stdin.end(options.input ?? '')
  try {
    const exit = await within('the command to end', marked.exited, options.timeoutMs)
    const durationMs = performance.now() - startedMs
    return { ...exit, stdout: marked.stdout(), stderr: marked.stderr(), durationMs }
  } catch (error) {
    throw new Error(`${String(error)}\n${marked.output}`, { cause: error })
  } finally {
    await marked.destroy()
  }
}

/** Command line of the built product with these arguments. */
export function productLine(args: readonly string[]): [program: string, ...args: string[]] {
  const main = join(projectDir, 'dist', 'main.js')
  if (!existsSync(main)) throw new Error('dist/main.js is missing: build first')
  return [n24, main, ...args]
}

function startArguments(dataDir: string, args: readonly string[] = []): string[] {
  const ports = ['--port', '0', '--ollama-port', '0', '--link-port', '0']
  return ['start', '--data-dir', dataDir, ...ports, ...args]
}

/** Folder and environment, without the keys that are absent. */
function placeOf(options: { env?: Environment; cwd?: string }): {
  env?: Environment
  cwd?: string
} {
  return {
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }
}
