/** A real Ollama as the tests' ground: a binary that the machine has, with the bundled model in it. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { chooseFreePort } from '../../../src/sys/network.ts'
import { projectDir } from '../n24.ts'
import { makeTemporaryDirectory } from '../temporary-directory.ts'
import { until, within } from '../until.ts'
import type { OllamaKind, ServedOllama } from './kinds.ts'

/** It looks for GPUs before it answers for the first time. */
const startMs = 60_000

/** Of what it writes, where it ends by itself. */
const lastWordsMax = 4_000

/** The program at that path. */
export function realKind(program: string): OllamaKind {
  return {
    name: 'a real Ollama',
    async install(folder) {
      const bin = join(folder, 'bin')
      const binary = join(bin, 'ollama')
      await mkdir(bin, { recursive: true })
      await symlink(program, binary)
      return { binary, env: { PATH: `${bin}${delimiter}${process.env['PATH']}`, HOME: folder } }
    },
    stock: createTiny,
    async serve(port) {
      const served = await serveRealOllama(program, port === undefined ? {} : { port })
      await createTiny(served.url)
      return served
    },
    failing: {
      environment: { OLLAMA_MODELS: '/dev/null/models' },
      reason: 'exit code 1',
      words: 'Error: mkdir /dev/null: not a directory',
    },
  }
}

/** Starts the program as a server without models. */
export async function serveRealOllama(
  program: string,
  options: { port?: number; environment?: Readonly<Record<string, string>> } = {},
): Promise<ServedOllama> {
  const home = await makeTemporaryDirectory()
  const port = options.port ?? (await chooseFreePort('127.0.0.1'))
  const url = `http://127.0.0.1:${port}`
  const child = spawn(program, ['serve'], {
    detached: true, // a group of its own, by which its runners are found
    env: {
      ...process.env,
      HOME: home.path,
      OLLAMA_HOST: `127.0.0.1:${port}`,
      OLLAMA_MODELS: home.inside('models'),
      ...options.environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { pid = 0, stderr } = child
  let lastWords = ''
  stderr.on('data', (bytes: Buffer) => {
    lastWords = (lastWords + bytes.toString()).slice(-lastWordsMax)
  })
  const exited = once(child, 'exit')
  let ending: Promise<void> | undefined
  const endIt = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    child.kill('SIGCONT') // a test may have stopped it
    await within('the end of the real Ollama', exited)
    endGroup(pid)
    await home.remove()
  }
  // Once: by the time of a second end its number may be another process's.
  const end = (signal: NodeJS.Signals) => (ending ??= endIt(signal))
  void exited.then(([code, by]) => {
    if (ending === undefined) console.error(`Ollama ended by itself, ${code ?? by}: ${lastWords}`)
  })
  try {
    await until('the real Ollama to answer', async () => (await fetch(url)).ok, {
      timeoutMs: startMs,
    })
  } catch (error) {
    await end('SIGKILL')
    throw error
  }
  return { url, port, pid, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/** Runners of a server that was killed live on. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ESRCH: nobody is left of it
  }
}

/** Makes `tiny` of the bundled weights. Its answer to `Hello!` is one sentence, to `Count to 1000.` a long one. */
async function createTiny(url: string): Promise<void> {
  const weights = await readFile(join(projectDir, 'assets', 'pocket', 'pocket.gguf'))
  const digest = `sha256:${createHash('sha256').update(weights).digest('hex')}`
  await fetch(`${url}/api/blobs/${digest}`, { method: 'POST', body: weights })
  const body = {
    model: 'tiny',
    files: { 'pocket.gguf': digest },
    template: '{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}<|end|>{{ end }}<|assistant|>',
    // More threads wait for each other where others use the cores: seconds for a word.
    parameters: { temperature: 0, num_thread: 1, stop: ['<|end|>'] },
    stream: false,
  }
  const response = await fetch(`${url}/api/create`, { method: 'POST', body: JSON.stringify(body) })
  const text = await response.text()
  if (text !== '{"status":"success"}') throw new Error(`tiny was not created: ${text}`)
}
