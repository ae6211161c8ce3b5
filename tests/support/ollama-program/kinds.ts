/** The Ollamas that tests of the process manager and of adoption run over: the fake always, a real one where it is named. */
import { describe } from 'vitest'
import { fakeKind } from './fake.ts'
import { realKind } from './real.ts'

/** A program `ollama` in a folder of its own, as an installer leaves it. */
export interface InstalledOllama {
  /** Path of the program. */
  readonly binary: string
  /** Variables with which it is found, in a home of its own: Ollama keeps a key there. */
  readonly env: { readonly PATH: string; readonly HOME: string }
}

/** A server that nobody of ours started. */
export interface ServedOllama {
  /** Origin, for example `http://127.0.0.1:40123`. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Ends it with all its processes and waits for its end. Stopping twice is fine. */
  readonly stop: () => Promise<void>
  /** Ends it with SIGKILL, as a crash would; what it leaves behind is cleared. */
  readonly kill: () => Promise<void>
}

/** What a test needs of an Ollama, whichever it is. Each has, or is given, a model `tiny` that answers in words. */
export interface OllamaKind {
  readonly name: string
  /** Puts the program into `<folder>/bin`. */
  readonly install: (folder: string) => Promise<InstalledOllama>
  /** Sees to it that the server at that origin has `tiny`. */
  readonly stock: (url: string) => Promise<void>
  /** Starts a server that has `tiny`; at a free port when none is given. Whoever starts one stops it. */
  readonly serve: (port?: number) => Promise<ServedOllama>
  /** How it is made to end as soon as it is started, its exit code, and what it says then. */
  readonly failing: {
    readonly environment: Readonly<Record<string, string>>
    readonly reason: string
    readonly words: string
  }
}

export const fakeOllama: OllamaKind = fakeKind

/** Path of a real program `ollama` to test with; such tests count as skipped without one. */
const realBinary = process.env['OLLAMA_BIN']

/** Registers the tests once for each program. */
export function overOllamas(title: string, tests: (ollama: OllamaKind) => void): void {
  describe(`${title}: ${fakeKind.name}`, () => tests(fakeKind))
  withRealOllama(title, tests)
}

/** Registers the tests for the real program alone. */
export function withRealOllama(title: string, tests: (ollama: OllamaKind) => void): void {
  describe.skipIf(realBinary === undefined)(`${title}: a real Ollama (needs OLLAMA_BIN)`, () =>
    tests(realKind(realBinary ?? '')),
  )
}
