/** Clones of this project in temporary folders, used as a stranger would: with the machine's own Node and npm. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { projectDir } from '../support/n24.ts'
import { type NodeProcess, startNode } from '../support/node-process.ts'
import { makeTemporaryDirectory } from '../support/temporary-directory.ts'

type Environment = Record<string, string | undefined>

export interface Clone {
  readonly path: string
  inside(...parts: string[]): string
  /** Changes against what was cloned, as git tells them; empty when there are none. */
  changes(): string
  remove(): Promise<void>
}

/**
 * Copies what git has of this project, or would take, into a repository of its own. With `packages`, those of this project
 * come along as hard links, so that only what is unlike a finished install is installed.
 */
export async function makeClone(options: { packages: boolean }): Promise<Clone> {
  const folder = await makeTemporaryDirectory()
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args], {
      cwd: folder.path,
      encoding: 'utf8',
    })
  const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: projectDir,
    encoding: 'utf8',
  })
  const files = list.split('\0').filter((file) => file !== '' && existsSync(join(projectDir, file)))
  for (const file of files) {
    await mkdir(dirname(folder.inside(file)), { recursive: true })
    await cp(join(projectDir, file), folder.inside(file))
  }
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'a clone')
  if (options.packages) await linkPackages(folder.inside('node_modules'))
  return {
    path: folder.path,
    inside: (...parts) => folder.inside(...parts),
    changes: () => git('status', '--porcelain'),
    remove: () => folder.remove(),
  }
}

async function linkPackages(target: string): Promise<void> {
  const source = join(projectDir, 'node_modules')
  try {
    execFileSync('cp', ['-al', source, target], { stdio: 'ignore' })
  } catch {
    execFileSync('cp', ['-a', source, target]) // another file system
  }
  const caches = readdirSync(target).filter((name) => /^\.(cache|vite)/.test(name))
  for (const name of caches) await rm(join(target, name), { recursive: true })
}

/** Takes away what `npm test` adds to the environment, so that a nested npm is nobody's child. */
export function userEnvironment(): Environment {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules') && !folder.includes('node-gyp-bin'))
  const names = Object.keys(process.env).filter((name) =>
    /^npm_|^(INIT_CWD|NODE|NODE_COMPILE_CACHE)$/.test(name),
  )
  return {
    ...Object.fromEntries(names.map((name) => [name, undefined])),
    PATH: path.join(delimiter),
  }
}

/** The environment of a machine that has no package registry and nothing in npm's cache. */
export async function isolatedEnvironment(
  registry: string,
  cacheDir: string,
): Promise<Environment> {
  await mkdir(cacheDir, { recursive: true })
  const settings = join(cacheDir, 'npmrc')
  await writeFile(settings, `registry=${registry}\ncache=${cacheDir}\n`)
  return { ...userEnvironment(), NPM_CONFIG_USERCONFIG: settings }
}

/** A port at which somebody listens who never says a word. */
export async function openSilentPort(): Promise<{ port: number; server: Server }> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { server, port: (server.address() as { port: number }).port }
}

/** A build on a loaded machine. */
export const coldTimeoutMs = 240_000

/** `npm start` in a clone as the README has it, on free ports, until it is ready. */
export async function startClone(clone: Clone, dataDir: string): Promise<NodeProcess> {
  const flags = ['--data-dir', dataDir, '--port', '0', '--ollama-port', '0', '--link-port', '0']
  return await startNode({
    dataDir,
    command: ['npm', 'start', '--', ...flags],
    cwd: clone.path,
    env: userEnvironment(),
    readyTimeoutMs: coldTimeoutMs,
  })
}
