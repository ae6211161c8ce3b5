/** The drill of the attack table: turns the guards of the gateway and of the link port off, one after the other. */
import type { TestResult } from '../docs/conformance.ts'
import { TreeCopy } from './broken-copy.ts'
import { guards } from './guards.ts'
import { linkGuards } from './link-guards.ts'

const folder = 'tests/attack'

/** Gives, for each guard, the rows that did not turn red without it. Throws when one is red with all guards on. */
export function drillAttacks(): string[] {
  using copy = new TreeCopy()
  const whole = copy.test(folder)
  const red = whole.filter(({ state }) => state === 'failed').map(({ title }) => title)
  if (red.length > 0 || whole.length === 0) throw new Error(`red before: ${red.join(', ')}`)
  const missed: string[] = []
  for (const guard of [...guards, ...linkGuards]) {
    using _ = copy.break(guard)
    for (const row of guard.rows) {
      const isRed = isRedIn(copy, row, filesOf(row, whole))
      console.log(`${row}: ${guard.what} → ${isRed ? 'red' : 'still green'}`)
      if (!isRed) missed.push(`${row} (${guard.what})`)
    }
  }
  return missed
}

function filesOf(row: string, tests: readonly TestResult[]): string[] {
  const own = tests.filter(({ title }) => title.includes(row))
  return [...new Set(own.map(({ file }) => file))]
}

/** True when a test of the row fails; the first one that does is enough. A file that cannot even be loaded shows nothing. */
function isRedIn(copy: TreeCopy, row: string, files: readonly string[]): boolean {
  const tests = files.length === 0 ? [] : copy.test(...files, '-t', row, '--bail=1')
  return tests.some(({ title, state }) => state === 'failed' && title.includes(row))
}
