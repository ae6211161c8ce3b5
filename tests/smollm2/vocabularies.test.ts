/** The vocabularies that llama.cpp's source carries, with its own texts and what it makes of them. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { llamaModels } from '../reference/llama-source.ts'
import type { VocabularyAnswer, VocabularyJob } from '../reference/vocabulary-process.ts'
import { n24, projectDir } from '../support/n24.ts'

const found = await llamaModels()
const missing = 'missing' in found ? found.missing : ''
if (missing !== '') console.warn(`skipped: ${missing}`)

/** What a text comes back as: with a blank before it where it had none, or normalised where the model is for embeddings. */
const withBlank = ['baichuan', 'llama-spm', 'phi-3']
const normalised = ['bert-bge', 'nomic-bert-moe']

test.skipIf(missing !== '')(
  'S-035 (part: vocabularies): those of llama.cpp load, give its own tokens, and texts come back whole',
  async () => {
    if (!('folder' in found)) return
    const { folder } = found
    const names = readdirSync(folder)
      .filter((file) => file.endsWith('.gguf'))
      .map((file) => file.replace('ggml-vocab-', '').replace('.gguf', ''))
    expect(names.length).toBeGreaterThanOrEqual(19)
    const read = (name: string, kind: 'inp' | 'out') => {
      const path = join(folder, `ggml-vocab-${name}.gguf.${kind}`)
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined
    }
    const textsOf = (name: string) =>
      (read(name, 'inp') ?? read('llama-bpe', 'inp') ?? '').split('\n__ggml_vocab_test__\n')
    const answers = await ask(
      names.map((name) => ({
        path: join(folder, `ggml-vocab-${name}.gguf`),
        texts: textsOf(name),
      })),
    )
    const otherTokens: string[] = []
    const otherTexts: string[] = []
    let [checked, compared] = [0, 0]
    names.forEach((name, index) => {
      const lines = read(name, 'out')?.split('\n')
      textsOf(name).forEach((given, at) => {
        const answer = answers[index]?.texts[at]
        const back = Buffer.from(answer?.pieces ?? '', 'base64').toString()
        const isWhole = back === given || (withBlank.includes(name) && back === ` ${given}`)
        checked++
        if (!isWhole && !normalised.includes(name)) otherTexts.push(`${name}: ${given}`)
        if (lines === undefined) return
        compared++
        const theirs = lines[at]?.trim() ?? ''
        if (answer?.tokens.join(' ') !== theirs) otherTokens.push(`${name}: ${given}`)
      })
    })
    console.log(
      `${names.length} vocabularies: ${checked} texts, ${compared} of them beside llama.cpp's tokens`,
    )
    expect(compared).toBeGreaterThanOrEqual(700)
    expect(otherTokens).toEqual([])
    expect(otherTexts).toEqual([])
  },
)

async function ask(jobs: readonly VocabularyJob[]): Promise<VocabularyAnswer[]> {
  const program = join(projectDir, 'tests/reference/vocabulary-process.ts')
  const child = spawn(n24, [program], { stdio: 'pipe' })
  child.stdin.end(JSON.stringify(jobs))
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (output === '') throw new Error(`no vocabularies: ${errors.slice(-2_000)}`)
  return JSON.parse(output) as VocabularyAnswer[]
}
