import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'

const { countsOf } = createRequire(import.meta.url)('./report.cjs') as {
  readonly countsOf: (
    file: string,
    exitCode: number,
  ) => { passed: number; failed: number; skipped: number }
}

async function count(report: unknown, exitCode: number) {
  const folder = await makeTemporaryDirectory()
  try {
    const file = folder.inside('report.json')
    if (report !== undefined) await writeFile(file, JSON.stringify(report))
    return countsOf(file, exitCode)
  } finally {
    await folder.remove()
  }
}

function file(status: string, ...tests: string[]) {
  return { status, assertionResults: tests.map((one) => ({ status: one })) }
}

test('tests are counted by what became of them', async () => {
  const testResults = [
    file('failed', 'passed', 'failed', 'skipped'),
    file('passed', 'passed', 'todo', 'pending'),
  ]
  expect(await count({ testResults }, 1)).toEqual({ passed: 2, failed: 1, skipped: 3 })
})

test('a file that could not be loaded is a failure', async () => {
  const testResults = [file('failed'), file('passed', 'passed')]
  expect(await count({ testResults }, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

test('an error outside of any test is a failure', async () => {
  const testResults = [file('passed', 'passed')]
  expect(await count({ testResults }, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

test('a run without a report is a failure', async () => {
  expect(await count(undefined, 137)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})
