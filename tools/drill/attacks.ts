/** The drill of the attack table: turns the guards of the gateway, of the link port and of models off, one after the other. */
import type { TestResult } from '../docs/conformance.ts'
import { TreeCopy } from './broken-copy.ts'
import { type Guard, guards } from './guards.ts'
import { linkGuards } from './link-guards.ts'
import { modelGuards } from './model-guards.ts'

/** What is attacked: its guards, and where the tests of its rows are. */
interface Ground {
  readonly guards: readonly Guard[]
  readonly tests: readonly string[]
}

/** Files of tests by the beginning of their names; none that runs the built product, which sees nothing of a break in a copy's source. */
const grounds: Readonly<Record<string, Ground>> = {
  gateway: {
    guards,
    tests: [
      'tests/attack/bodies',
      'tests/attack/browser',
      'tests/attack/connections',
      'tests/attack/digests',
      'tests/attack/framing',
      'tests/attack/management',
      'tests/attack/pipelining',
    ],
  },
  links: { guards: linkGuards, tests: ['tests/attack/links', 'tests/attack/joins'] },
  models: {
    guards: modelGuards,
    tests: [
      'tests/attack/regist',
      'tests/attack/store',
      'tests/integration/engine/push-',
      'tests/integration/engine/damage/quarantine',
      'src/models',
    ],
  },
}

/**
 * Gives, for each guard, the rows that did not turn red without it. `names`: grounds; all of them where none is named. Throws when a row
 * is red with all guards on, and for a ground that is none.
 */
export function drillAttacks(names: readonly string[]): string[] {
  return (names.length > 0 ? names : Object.keys(grounds)).flatMap((name) => {
    const ground = grounds[name]
    if (ground === undefined) throw new Error(`${name}: one of ${Object.keys(grounds).join(', ')}`)
    return drillGround(ground)
  })
}

function drillGround({ guards: own, tests }: Ground): string[] {
  using copy = new TreeCopy()
  const whole = copy.test(...tests)
  const red = whole.filter(({ state }) => state === 'failed').map(({ title }) => title)
  if (red.length > 0 || whole.length === 0) throw new Error(`red before: ${red.join(', ')}`)
  const missed: string[] = []
  for (const guard of own) {
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
