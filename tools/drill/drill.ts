/**
 * Shows that green tests are not decoration: breaks code in a copy of the tree and expects tests to turn red.
 *
 *   npm run drill [-- --seed N] [--count N]   requirements that pass, some of them drawn by the seed
 *   npm run drill -- S-001 S-078              these requirements
 *   npm run drill -- attack                   every guard of the gateway, of links and of models against the rows of the attack table
 *   npm run drill -- attack models            those of models alone
 */
import { parseArgs } from 'node:util'
import { drillAttacks } from './attacks.ts'
import { drillRows } from './rows.ts'

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '5' } },
  allowPositionals: true,
})

const green =
  positionals[0] === 'attack'
    ? drillAttacks(positionals.slice(1))
    : drillRows({ rows: positionals, count: Number(values.count), seed: Number(values.seed) })
if (green.length > 0) {
  console.log(`not red: ${green.join(', ')}`)
  process.exitCode = 1
}
