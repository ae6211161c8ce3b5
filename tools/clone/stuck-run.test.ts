import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { n24, projectDir } from '../../tests/support/n24.ts'
import { runToEnd } from '../../tests/support/node-process.ts'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'

/** A run of vitest, with these bounds, over one file. */
async function run(
  bounds: { silenceMs?: number; afterEndMs?: number; wholeMs?: number },
  text: string,
) {
  const folder = await makeTemporaryDirectory()
  onTestFinished(() => folder.remove())
  await writeFile(folder.inside('one.test.ts'), text)
  await writeFile(
    folder.inside('reporter.ts'),
    `import StuckRun from '${join(projectDir, 'tools/clone/stuck-run.ts')}'
    export default class extends StuckRun {
      constructor() { super(${JSON.stringify(bounds)}) }
    }`,
  )
  const vitest = join(projectDir, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', `--reporter=${folder.inside('reporter.ts')}`]
  const args = [vitest, 'run', '--globals', '--root', folder.path, ...reporters]
  return runToEnd({ command: n24, args, cwd: folder.path }, { timeoutMs: 30_000 })
}

test('a run that ends is left alone', async () => {
  const { code, stdout } = await run({}, `test('is quick', () => {})`)
  expect(stdout).toContain('1 passed')
  expect(code).toBe(0)
})

test('a test that computes without a pause ends the run, and is named', async () => {
  const { code, stderr } = await run(
    { silenceMs: 2_000 },
    `test('is endless', async () => {
      await new Promise((resolve) => setTimeout(resolve, 500))
      for (;;);
    })`,
  )
  expect(stderr).toMatch(/one\.test\.ts has said nothing for .*, in is endless\./)
  expect(stderr).toMatch(/What runs:\n(.*\n)*.*vitest/)
  expect(code).toBe(1)
})

test('a file that computes without a pause before its first test ends the run', async () => {
  const { code, stderr } = await run({ silenceMs: 2_000 }, 'for (;;);')
  expect(stderr).toContain('one.test.ts has said nothing')
  expect(code).toBe(1)
})

test('a run that goes on and on is ended, and what it is in is named', async () => {
  const { code, stderr } = await run(
    { silenceMs: 10_000, wholeMs: 2_000 },
    `test.each(Array(1000).fill(0))('is one of many', () => new Promise((resolve) => setTimeout(resolve, 100)))`,
  )
  expect(stderr).toMatch(/takes longer than .*one\.test\.ts .*is one of many/)
  expect(code).toBe(1)
})

test('a program that holds the output of a worker ends the run when its tests have ended', async () => {
  const { code, stdout, stderr } = await run(
    { afterEndMs: 500 },
    `import { spawn } from 'node:child_process'
    test('leaves', () => {
      const options = { stdio: ['ignore', 'inherit', 'inherit'], detached: true }
      spawn('sleep', ['60'], options).unref()
    })`,
  )
  expect(stdout).toContain('1 passed')
  expect(stderr).toMatch(/All tests have ended.*\n(.*\n)*.*sleep 60/)
  expect(code).toBe(1)
})
