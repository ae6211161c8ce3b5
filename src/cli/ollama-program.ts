/** The `ollama` program of this machine. */
import { findProgram, outputOf } from '../sys/program.ts'
import type { ThisProcess } from '../sys/this-process.ts'

/** Where it is, and which version it says it has; absent where it says none. */
export interface OllamaProgram {
  readonly path: string
  readonly version?: string
}

/** The one that this user would run, or undefined. */
export async function findOllama({ env }: ThisProcess): Promise<OllamaProgram | undefined> {
  const path = await findProgram('ollama', env['PATH'] ?? '')
  if (path === undefined) return undefined
  const output = (await outputOf(path, ['--version'])) ?? ''
  // `ollama version is 0.24.0`; where no server runs `Warning: client version is 0.24.0`.
  const version = /version is (\S+)/.exec(output)?.[1]
  return version === undefined ? { path } : { path, version }
}

/** How Ollama is installed on that system (`process.platform`). Source: ollama.com/download. */
export function installHint(platform: string): string {
  if (platform === 'darwin') {
    return 'Install Ollama from https://ollama.com/download, or with `brew install ollama`.'
  }
  if (platform === 'win32') {
    return 'Install Ollama from https://ollama.com/download, or with `winget install Ollama.Ollama`.'
  }
  return 'Install Ollama with `curl -fsSL https://ollama.com/install.sh | sh`.'
}
