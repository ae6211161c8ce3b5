/**
 * Ollama's own Go code (templates, parsers of answers, renderers) as what ours is compared with. A small program of ours is
 * built once into the user's cache, from the sources that the Go module proxy has; where Go is not there, its tests are
 * skipped.
 */
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { testCacheDir } from '../smollm2/weights.ts'
import { projectDir } from '../support/n24.ts'

const run = promisify(execFile)
const own = join(projectDir, 'tests/reference/ollama-go')

/** Some 30 MB of sources, seconds with a proxy near. */
const buildTimeoutMs = 120_000

/** Thousands of questions take a second. */
const answerTimeoutMs = 30_000

/** The program, and the folder of Ollama's sources; or why there is none. */
export type OllamaGo =
  | { readonly program: string; readonly sources: string }
  | { readonly missing: string }

/** One question to Ollama's code; names are those of `main.go`. */
export interface GoQuestion {
  readonly Op: 'template' | 'renderer' | 'parser' | 'tools' | 'tags'
  readonly Source?: string
  readonly Name?: string
  readonly Messages?: readonly unknown[]
  readonly Tools?: readonly unknown[]
  readonly Prompt?: string
  readonly Suffix?: string
  readonly Think?: boolean | string
  readonly Pieces?: readonly string[]
}

/** What Ollama's code says. */
export interface GoAnswer {
  readonly Text: string
  readonly Thinking: string
  readonly Calls:
    | readonly { readonly function: { readonly name: string; readonly arguments: object } }[]
    | null
  readonly Open: string
  readonly Close: string
  readonly Failed: '' | 'parse' | 'execute' | 'panic' | 'request'
  readonly Error: string
}

/** Finds the program or builds it. Never rejects for want of Go or a network. */
export async function ollamaGo(): Promise<OllamaGo> {
  try {
    const hash = createHash('sha256')
    for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(await readFile(join(own, name)))
    const program = join(testCacheDir(), `ollama-go-${hash.digest('hex').slice(0, 12)}`)
    const options = { cwd: own, timeout: buildTimeoutMs }
    if (!existsSync(program)) {
      await mkdir(testCacheDir(), { recursive: true })
      const making = `${program}-${process.pid}`
      await run('go', ['build', '-o', making, '.'], options)
      await rename(making, program)
    }
    const list = ['list', '-m', '-f', '{{.Dir}}', 'github.com/ollama/ollama']
    const { stdout } = await run('go', list, options)
    return { program, sources: stdout.trim() }
  } catch (error) {
    const lines = (error as Error).message.trim().split('\n')
    return { missing: `Ollama's Go code could not be built: ${lines.at(-1)}` }
  }
}

/** The answers in the order of the questions. Rejects with the program's errors when it fails. */
export async function askOllamaGo(
  program: string,
  questions: readonly GoQuestion[],
): Promise<GoAnswer[]> {
  const env = { ...process.env, TZ: 'UTC' }
  const child = spawn(program, { stdio: 'pipe', timeout: answerTimeoutMs, env })
  child.stdin.end(questions.map((question) => `${JSON.stringify(question)}\n`).join(''))
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const answers = output.split('\n').filter((line) => line !== '')
  if (answers.length !== questions.length) throw new Error(`Ollama's Go code failed: ${errors}`)
  return answers.map((line) => JSON.parse(line) as GoAnswer)
}
