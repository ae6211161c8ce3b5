/**
 * Chat templates and vocabularies that llama.cpp's source carries, out of the bundle within node-llama-cpp: what is studied
 * and compared with, never part of the product. Laid into the user's cache when something first asks.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { testCacheDir } from '../smollm2/weights.ts'
import { reference } from './reference.ts'

const run = promisify(execFile)

/** A second on an idle machine. */
const unpackTimeoutMs = 60_000

/** The source's folder `models`, or why there is none. */
export type LlamaModels = { readonly folder: string } | { readonly missing: string }

/** Never rejects for want of a network. */
export async function llamaModels(): Promise<LlamaModels> {
  const found = await reference()
  if ('missing' in found) return found
  const folder = join(testCacheDir(), 'llama.cpp-of-node-llama-cpp-3.22.1')
  const models = { folder: join(folder, 'models') }
  if (existsSync(folder)) return models
  const making = mkdtempSync(join(testCacheDir(), 'source-'))
  try {
    const bundle = join(found.folder, 'node_modules/node-llama-cpp/llama/gitRelease.bundle')
    const bound = { timeout: unpackTimeoutMs }
    await run('git', ['clone', '--quiet', '--no-checkout', bundle, making], bound)
    await run('git', ['-C', making, 'checkout', '--quiet', 'HEAD', '--', 'models'], bound)
    rmSync(join(making, '.git'), { recursive: true })
    renameSync(making, folder)
    return models
  } catch (error) {
    const { message } = error as Error
    if (existsSync(folder)) return models // another file's set-up was first
    return { missing: `llama.cpp's source could not be unpacked: ${message.split('\n', 1)[0]}` }
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}
