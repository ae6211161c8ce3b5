/** The `ollama` program of this machine. */
import { readOllamaVersion } from '../core/ollama-version.ts'
import { findProgram, isExecutable, outputOf } from './program.ts'

/** Where it is, and which version it says it has; absent where it says none. */
export interface OllamaProgram {
  readonly path: string
  readonly version?: string
}

/** The one at `configured`, a path that stands for it whatever `PATH` says, or the one that this user would run. */
export async function findOllama(
  env: Readonly<Record<string, string | undefined>>,
  configured = '',
): Promise<OllamaProgram | undefined> {
  const path = configured === '' ? await findProgram('ollama', env['PATH'] ?? '') : configured
  if (path === undefined || !(await isExecutable(path))) return undefined
  const version = readOllamaVersion((await outputOf(path, ['--version'])) ?? '')
  return version === undefined ? { path } : { path, version }
}

/** As `findOllama`, with the environment of this process. */
export function findOwnOllama(configured: string): Promise<OllamaProgram | undefined> {
  return findOllama(process.env, configured)
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

/** The hint for the system that this process runs on. */
export function ownInstallHint(): string {
  return installHint(process.platform)
}
