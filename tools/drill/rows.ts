/** The drill of the requirements: draws passing rows by a seed and breaks the code that each covers. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { seededRandom } from '../../src/sys/random.ts'
import { conformance, type Requirement, statesOf } from '../docs/conformance.ts'
import { breaks } from './breaks.ts'
import { type Break, root, TreeCopy } from './broken-copy.ts'

/** `rows`: by their numbers; where none is named, `count` are drawn by the seed. Gives those that did not turn red. */
export function drillRows(wish: {
  readonly rows: readonly string[]
  readonly count: number
  readonly seed: number
}): string[] {
  const file = resolve(root, 'tools/docs/requirements.json')
  const requirements = JSON.parse(readFileSync(file, 'utf8')) as Requirement[]
  const page = readFileSync(resolve(root, 'docs/conformance.md'), 'utf8')
  const passing = [...statesOf(page)].filter(([, state]) => state === 'passing').map(([id]) => id)
  const rows = wish.rows.length > 0 ? wish.rows : draw(passing, wish.count, wish.seed)
  const how = wish.rows.length > 0 ? 'as named' : `seed ${wish.seed}`
  console.log(`${how}: ${rows.join(', ')} of ${passing.length} passing rows`)
  return rows.filter((row) => {
    const found = breaks[row]
    const state = found && stateAfter(row, found, requirements, testFilesOf(row, page))
    console.log(`${row}: ${found?.what ?? ''} → ${state ?? 'no break is known for it'}`)
    return state !== 'failing'
  })
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
function stateAfter(
  row: string,
  found: Break,
  requirements: readonly Requirement[],
  files: readonly string[],
): string | undefined {
  using copy = new TreeCopy()
  copy.break(found)
  // A break that the compiler finds is still a break; what was emitted is what the tests see.
  copy.run(resolve(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json')
  const results = conformance(requirements, copy.test(...files, '-t', row))
  return results.find(({ id }) => id === row)?.state
}

/** The test files that the page names for a row. */
function testFilesOf(row: string, page: string): string[] {
  const line = page.split('\n').find((candidate) => candidate.startsWith(`| ${row} |`)) ?? ''
  return [...line.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = '']) => file)
}
