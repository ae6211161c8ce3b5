import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startFakeOllama } from '../fake-ollama/start.ts'
import { n24 } from '../n24.ts'
import type { InstalledOllama, OllamaKind } from './kinds.ts'

/** The fake: a shell script that becomes it as `ollama`, so that its pid is the fake's. */
export const fakeKind: OllamaKind = {
  name: 'the fake Ollama',
  async install(folder): Promise<InstalledOllama> {
    const bin = join(folder, 'bin')
    const binary = join(bin, 'ollama')
    const main = fileURLToPath(new URL('main.ts', import.meta.url))
    await mkdir(bin, { recursive: true })
    await writeFile(binary, `#!/bin/sh\nexec '${n24}' '${main}' "$@"\n`)
    await chmod(binary, 0o755)
    return { binary, env: { PATH: `${bin}${delimiter}${process.env['PATH']}`, HOME: folder } }
  },
  async stock() {}, // it has been born with it
  serve: (port) => startFakeOllama({ version: '0.24.0', ...(port === undefined ? {} : { port }) }),
  failing: {
    environment: { FAKE_OLLAMA: 'crashing' },
    reason: 'exit code 3',
    words: 'Error: no such library',
  },
}
