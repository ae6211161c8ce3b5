/**
 * Runs after the tests: `after-test.ts REPORT` fails when the committed pages claim what this run did not show;
 * `after-test.ts REPORT --write` writes the pages and the README's table from the report.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { rules } from '../../tests/contract/golden/rules.ts'
import { compatibilityPage, falsePraise, mergedRows, subjectRows } from './compatibility.ts'
import {
  areaTable,
  conformance,
  conformancePage,
  falseClaims,
  type Requirement,
} from './conformance.ts'
import { readGoldenMarks, readReport } from './report.ts'

const root = resolve(import.meta.dirname, '../..')
const [report, flag] = process.argv.slice(2)
if (report === undefined) throw new Error('usage: after-test.ts REPORT [--write]')

const requirementsFile = resolve(import.meta.dirname, 'requirements.json')
const requirements = JSON.parse(readFileSync(requirementsFile, 'utf8')) as Requirement[]
const rows = conformance(requirements, readReport(report, root))
const pageFile = resolve(root, 'docs/conformance.md')
const compatibilityFile = resolve(root, 'docs/compatibility.md')
const compared = subjectRows(readGoldenMarks(report), rules)
const readmeFile = resolve(root, 'README.md')

if (flag === '--write') {
  writeFileSync(pageFile, conformancePage(rows))
  const readme = readFileSync(readmeFile, 'utf8')
  const marks = /(<!-- conformance -->\n)[\s\S]*?(<!-- \/conformance -->)/
  if (!marks.test(readme)) throw new Error('README.md has no place for the table')
  writeFileSync(
    readmeFile,
    readme.replace(marks, (_, a: string, b: string) => `${a}${areaTable(rows)}\n${b}`),
  )
  const known = readFileSync(compatibilityFile, 'utf8')
  writeFileSync(compatibilityFile, compatibilityPage(mergedRows(compared, known), rules))
  console.log('docs/conformance.md, docs/compatibility.md and the table in README.md are written')
} else {
  const wrong = falseClaims(readFileSync(pageFile, 'utf8'), rows)
  for (const { id, state } of wrong) {
    console.log(`docs/conformance.md claims ${id}, this run says: ${state}`)
  }
  const praised = falsePraise(readFileSync(compatibilityFile, 'utf8'), compared)
  for (const line of praised)
    console.log(`docs/compatibility.md says it better than this run: ${line}`)
  if (wrong.length + praised.length > 0) process.exitCode = 1
}
