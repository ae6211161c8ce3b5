/** Reads the JSON report of a test run. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { TestResult } from './conformance.ts'

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly title: string
      readonly status: string
    }[]
  }[]
}

/** All tests of a report. Anything that neither passed nor failed did not run. */
export function readReport(path: string, root: string): TestResult[] {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      title: [...ancestorTitles, title].join(' › '),
      file: relative(root, name),
      state: status === 'passed' || status === 'failed' ? status : 'skipped',
    })),
  )
}
