/**
 * node-llama-cpp as the engine that ours is compared with. It is no dependency of the project: it is installed by its own
 * lock file into the user's cache when something first compares with it.
 */
import { execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { testCacheDir } from '../smollm2/weights.ts'
import { n24, projectDir } from '../support/n24.ts'
import type { ReferenceAnswer, ReferenceJob } from './greedy-process.ts'

const run = promisify(execFile)
const own = join(projectDir, 'tests/reference')

/** 85 MB in 117 packages; seconds with a registry near. */
const installTimeoutMs = 120_000

/** The folder of the installed reference, or why there is none. */
export type Reference = { readonly folder: string } | { readonly missing: string }

/** Finds the reference or installs it. Never rejects for want of a network. */
export async function reference(): Promise<Reference> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: 'the reference engine is locked for Linux on x64 only' }
  }
  const folder = join(testCacheDir(), 'node-llama-cpp-3.22.1')
  if (existsSync(folder)) return { folder }
  await mkdir(testCacheDir(), { recursive: true })
  const making = mkdtempSync(join(testCacheDir(), 'install-'))
  try {
    for (const name of ['package.json', 'package-lock.json']) {
      cpSync(join(own, name), join(making, name))
    }
    const quiet = ['--no-audit', '--no-fund', '--fetch-retries=0', '--loglevel=error']
    const args = ['ci', '--omit=optional', '--ignore-scripts', ...quiet]
    await run('npm', args, { cwd: making, timeout: installTimeoutMs })
    renameSync(making, folder)
    return { folder }
  } catch (error) {
    if (existsSync(folder)) return { folder } // another file's set-up was first
    const code = /code (\S+)/.exec((error as Error).message)?.[1] ?? 'no npm'
    return { missing: `node-llama-cpp could not be installed (${code})` }
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

/** What the reference makes of prompts, one after the other. Rejects with its output when it fails. */
export async function referenceAnswers(job: ReferenceJob): Promise<ReferenceAnswer[]> {
  const child = spawn(n24, [join(own, 'greedy-process.ts')], { stdio: 'pipe' })
  child.stdin.end(JSON.stringify(job))
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (output === '') throw new Error(`the reference engine failed: ${errors}`)
  return JSON.parse(output) as ReferenceAnswer[]
}
