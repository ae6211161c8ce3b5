/**
 * Shows that conformance is not decoration: draws passing rows by a seed, breaks in a copy of the tree the code that each
 * covers, runs the row's tests there, and expects the row to turn red.
 *
 *   npm run drill [-- --seed N] [--count N]
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { seededRandom } from '../../src/sys/random.ts'
import { type Break, breaks } from './breaks.ts'
import { conformance, type Requirement, statesOf } from './conformance.ts'
import { readReport } from './report.ts'

const root = resolve(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '5' } },
})
const requirements = JSON.parse(
  readFileSync(resolve(import.meta.dirname, 'requirements.json'), 'utf8'),
) as Requirement[]

const page = readFileSync(resolve(root, 'docs/conformance.md'), 'utf8')
const passing = [...statesOf(page)].filter(([, state]) => state === 'passing').map(([id]) => id)
const rows = draw(passing, Number(values.count), Number(values.seed))
console.log(`seed ${values.seed}: ${rows.join(', ')} of ${passing.length} passing rows`)

const green: string[] = []
for (const row of rows) {
  const found = breaks[row]
  const state = found === undefined ? 'no break is known for it' : stateAfter(row, found)
  console.log(`${row}: ${found?.what ?? ''} → ${state}`)
  if (state !== 'failing') green.push(row)
}
if (green.length > 0) {
  console.log(`not red: ${green.join(', ')}`)
  process.exitCode = 1
}

function draw(from: readonly string[], count: number, seed: number): string[] {
  const random = seededRandom(seed)
  const left = [...from]
  return Array.from({ length: Math.min(count, from.length) }, () => {
    const [picked = ''] = left.splice(Math.floor(random.number() * left.length), 1)
    return picked
  })
}

/** The row's state in a copy of the tree in which its code is broken. */
function stateAfter(row: string, { file, find, replace }: Break): string {
  const copy = mkdtempSync(join(tmpdir(), 'od-drill-'))
  try {
    copyTree(copy)
    const path = join(copy, file)
    const text = readFileSync(path, 'utf8')
    if (!text.includes(find)) return `the break does not fit ${file} any more`
    writeFileSync(
      path,
      text.replace(find, () => replace),
    )
    return runRow(copy, row)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function copyTree(copy: string): void {
  const files = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root })
  for (const file of files.toString().split('\0')) {
    if (file !== '') cpSync(resolve(root, file), join(copy, file))
  }
  symlinkSync(resolve(root, 'node_modules'), join(copy, 'node_modules'))
  execFileSync('git', ['init', '-q'], { cwd: copy }) // some tests clone the tree that they stand in
}

function runRow(copy: string, row: string): string {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' })
  // A break that the compiler finds is still a break; what was emitted is what the tests see.
  run(resolve(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json')
  const report = join(copy, 'report.json')
  const files = testFilesOf(row)
  const vitest = resolve(root, 'node_modules/vitest/vitest.mjs')
  run(vitest, 'run', ...files, '-t', row, '--reporter=json', `--outputFile=${report}`)
  const result = conformance(requirements, readReport(report, copy)).find(({ id }) => id === row)
  return result?.state ?? 'missing'
}

/** The test files that the page names for a row. */
function testFilesOf(row: string): string[] {
  const line = page.split('\n').find((candidate) => candidate.startsWith(`| ${row} |`)) ?? ''
  return [...line.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = '']) => file)
}
