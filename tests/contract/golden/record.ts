/**
 * Records cases of our own: `OLLAMA_BIN=… node tests/contract/golden/record.ts errors`. It starts that Ollama with the models
 * of the recording, does what each case of `cases/errors.json` says that has no `expect` yet, and writes what came.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { replay } from './exchange.ts'
import type { GoldenCase } from './golden-case.ts'
import { realDirectly } from './subjects.ts'

type Draft = Omit<GoldenCase, 'expect'> & Partial<Pick<GoldenCase, 'expect'>>

const ollama = await realDirectly()
if ('missing' in ollama) throw new Error(ollama.missing)
try {
  for (const group of process.argv.slice(2)) {
    const file = new URL(`cases/${group}.json`, import.meta.url)
    const cases = JSON.parse(readFileSync(file, 'utf8')) as Draft[]
    const recorded: GoldenCase[] = []
    for (const draft of cases) {
      const golden = { ...draft, expect: draft.expect ?? [] }
      const expect = draft.expect ?? (await replay(ollama.url, golden))
      recorded.push({ ...golden, expect })
    }
    writeFileSync(file, `${JSON.stringify(recorded)}\n`)
    console.log(`${group}: ${recorded.length} cases`)
  }
} finally {
  await ollama.stop()
}
