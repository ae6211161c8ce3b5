import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { n24 } from '../n24.ts'

/** A program `ollama` in a folder of its own, as an installer leaves it. */
export interface InstalledOllama {
  /** Path of the program. */
  readonly binary: string
  /** `PATH` on which it is found. */
  readonly searchPath: string
}

/** Puts the program into `<folder>/bin`. It is a shell script that becomes the fake, so that its pid is the fake's. */
export async function installOllama(folder: string): Promise<InstalledOllama> {
  const bin = join(folder, 'bin')
  const binary = join(bin, 'ollama')
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  await mkdir(bin, { recursive: true })
  await writeFile(binary, `#!/bin/sh\nexec '${n24}' '${main}' "$@"\n`)
  await chmod(binary, 0o755)
  return { binary, searchPath: `${bin}${delimiter}${process.env['PATH']}` }
}
