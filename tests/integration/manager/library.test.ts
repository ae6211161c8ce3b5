import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MarkedProcess } from '../../support/marked-process.ts'
import { n24, projectDir } from '../../support/n24.ts'
import { overOllamas } from '../../support/ollama-program/kinds.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { within } from '../../support/until.ts'

let home: TemporaryDirectory
beforeAll(async () => {
  home = await makeTemporaryDirectory()
})
afterAll(() => home.remove())

const example = (name: string) => join(projectDir, 'examples', name)

/** Runs a script to its end and asserts that no process of its tree lives on. */
async function runScript(path: string, env: Record<string, string>, args: string[] = []) {
  const script = new MarkedProcess({ command: n24, args: [path, ...args], cwd: projectDir, env })
  try {
    const exit = await within(`the end of ${path}`, script.exited, 50_000)
    await script.assertNothingLeft()
    return { ...exit, stdout: script.stdout(), stderr: script.stderr() }
  } finally {
    await script.destroy()
  }
}

describe('the package as a library', () => {
  test('S-015: a script of ten lines gets a completion and ends with 0, no process left', async () => {
    const lines = (await readFile(example('completion.mjs'), 'utf8')).trim().split('\n')
    expect(lines.length).toBeLessThanOrEqual(10)
    const env = { OLLAMA_DISTRIBUTED_HOME: home.inside('simple') }
    await mkdir(home.inside('simple'))
    await writeFile(home.inside('simple', 'ollama-distributed.yaml'), 'ollama: { port: 0 }')
    expect(await runScript(example('completion.mjs'), env)).toEqual({
      code: 0,
      signal: null,
      stdout: 'A horse says neigh.\n',
      stderr: '',
    })
  })
})

overOllamas('the package as a library', (ollama) => {
  test('S-010 (part: package), S-028 (part: package): the three steps of the guide, twice, and nothing is left', async () => {
    const folder = home.inside(ollama.name.replaceAll(' ', '-'))
    const { env } = await ollama.install(folder)
    const script = example('two-instances.mjs')
    const done = await runScript(script, { ...env, TMPDIR: folder }, ['0'])
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toMatch(/^default http:\/\/127\.0\.0\.1:\d+ \d+\.\d+\.\d+\S*$/m)
    expect(done.stdout).toMatch(/^second http:\/\/127\.0\.0\.1:\d+ \d+\.\d+\.\d+\S*$/m)
  })
})
