/** Client libraries of Python. Each runs in a process that does one call after the other. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { testCacheDir } from '../../smollm2/weights.ts'
import { within } from '../../support/until.ts'
import type { Calls, Client } from './client.ts'

const run = promisify(execFile)

const folder = fileURLToPath(new URL('python/', import.meta.url))
const requirements = join(folder, 'requirements.txt')

/** Some megabytes; who has no registry learns of it much earlier, from pip. */
const installTimeoutMs = 180_000

const callTimeoutMs = 120_000

/** What both libraries have. */
const callNames = [
  'generate',
  'chat',
  'stream',
  'tools',
  'image',
  'embed',
  'structured',
  'parsed',
  'list',
  'show',
  'cancel',
  'missing',
  'unable',
] as const satisfies (keyof Calls)[]

/** Path of a Python with the libraries, or why there is none. */
type Python = { readonly path: string } | { readonly missing: string }

/** Finds the libraries in the cache of the tests, or installs them there. Never rejects for want of a network. */
async function pythonWithClients(): Promise<Python> {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  const place = join(testCacheDir(), `python-with-clients-${digest.slice(0, 12)}`)
  const path = join(place, 'bin', 'python3')
  if (existsSync(place)) return { path }
  await mkdir(testCacheDir(), { recursive: true })
  const making = await mkdtemp(join(testCacheDir(), 'python-')) // other files may install at the same time
  try {
    const [program, ...pip] = await makeEnvironment(making, join(making, 'bin', 'python3'))
    const quick = ['--no-input', '--retries', '0', '--timeout', '8', '--only-binary', ':all:']
    const quiet = ['--disable-pip-version-check', '--quiet', '--requirement', requirements]
    await run(program, [...pip, 'install', ...quick, ...quiet], { timeout: installTimeoutMs })
    await rename(making, place)
    return { path }
  } catch (error) {
    if (existsSync(place)) return { path } // another file's set-up was first
    const { message } = error as Error
    const reason = message.trim().split('\n').at(-1) ?? message
    return { missing: `Python with the client libraries is not there: ${reason}` }
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

/** Makes the environment, and gives the pip that installs into it: its own, or, on a Debian without `python3-venv`, the system's. */
async function makeEnvironment(
  place: string,
  python: string,
): Promise<[program: string, ...pip: string[]]> {
  const timed = { timeout: installTimeoutMs }
  try {
    await run('python3', ['-m', 'venv', place], timed)
    return [python, '-m', 'pip']
  } catch {
    await run('python3', ['-m', 'venv', '--clear', '--without-pip', place], timed)
    return ['python3', '-m', 'pip', '--python', python]
  }
}

type Reply = { readonly value: unknown } | { readonly error: string }

/** A process of Python and the lines that go to and fro. */
export class Library {
  readonly #child: ChildProcess
  readonly #waiting: ((reply: Reply) => void)[] = []
  #complaints = ''
  #isOver = false

  constructor(python: string, module: string) {
    this.#child = spawn(python, [join(folder, 'serve.py'), module], {
      env: { ...process.env, NO_PROXY: '127.0.0.1', PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const { stdout, stderr } = this.#child
    if (stdout === null) throw new Error('no output')
    createInterface(stdout).on('line', (line) => this.#waiting.shift()?.(JSON.parse(line) as Reply))
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints += text
    })
    this.#child.stdin?.on('error', () => undefined) // it is over, which `close` tells
    this.#child.once('close', () => {
      this.#isOver = true
      for (const tell of this.#waiting) tell({ error: this.#lastWords })
    })
  }

  get #lastWords(): string {
    return `Python ended\n${this.#complaints}`
  }

  async call(order: object): Promise<unknown> {
    if (this.#isOver) throw new Error(this.#lastWords) // nobody would answer, and the next ones would wait as well
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.#waiting.push(resolve)
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`)
    const reply = await within('the answer of Python', promise, callTimeoutMs)
    if ('error' in reply) throw new Error(reply.error)
    return reply.value
  }

  async end(): Promise<void> {
    if (this.#isOver) return
    const closed = new Promise<void>((resolve) => void this.#child.once('close', () => resolve()))
    this.#child.stdin?.end()
    await within('the end of Python', closed)
  }
}

/** The library that `module` of the folder `python` calls; it has `more` than the other. */
function pythonClient(name: string, module: string, more: readonly (keyof Calls)[] = []): Client {
  let library: Library | undefined
  return {
    name,
    bindsCalls: true,
    calls: (target) => {
      const call =
        (callName: string) =>
        (...args: unknown[]) =>
          library?.call({ ...target, call: callName, args })
      return Object.fromEntries([...callNames, ...more].map((one) => [one, call(one)])) as Calls
    },
    async open() {
      const python = await pythonWithClients()
      if ('missing' in python) return python
      library = new Library(python.path, module)
      return undefined
    },
    close: async () => await library?.end(),
  }
}

/** Every library of the Python package index that is asked. */
export const pythonClients: readonly Client[] = [
  pythonClient('PyPI ollama', 'ollama_calls'),
  pythonClient('PyPI openai', 'openai_calls', ['transcribe']),
]
