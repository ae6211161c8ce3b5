/** Reads the JSON report of a test run. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { GoldenMark } from './compatibility.ts'
import type { TestResult } from './conformance.ts'

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly title: string
      readonly status: string
      readonly meta?: { readonly golden?: GoldenMark }
    }[]
  }[]
}

/** All tests of a report. Anything that neither passed nor failed did not run. */
export function readReport(path: string, root: string): TestResult[] {
  return read(path).testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      title: [...ancestorTitles, title].join(' › '),
      file: relative(root, name),
      state: status === 'passed' || status === 'failed' ? status : 'skipped',
    })),
  )
}

/** What became of the recorded cases. */
export function readGoldenMarks(path: string): GoldenMark[] {
  return read(path).testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ meta }) => meta?.golden ?? []),
  )
}

/** The files by their names: several run at once, and which ends first must not change a page. */
function read(path: string): Report {
  const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as Report
  return { testResults: testResults.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
}
