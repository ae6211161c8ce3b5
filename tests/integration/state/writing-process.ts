/**
 * Writes transactions until it is killed, several at once, and prints each that was acknowledged. Arguments: database, number
 * of the round. A transaction puts one value under three keys, and deletes what the one before it added.
 */
import { openSqliteStore } from '../../../src/state/index.ts'
import { stateLimits } from '../../../src/state/limits.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { systemRandom } from '../../../src/sys/random.ts'
import { writersCount } from './written.ts'

const [path = '', round = ''] = process.argv.slice(2)
const store = await openSqliteStore({
  path,
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  limits: { ...stateLimits, historyChangesMax: 500 }, // compaction is killed as well
})

async function write(writer: number): Promise<never> {
  for (let count = 0; ; count++) {
    const value = `${round}.${count}`
    const done = await store.transact({
      conditions: [],
      writes: [
        ...['a', 'b', 'c'].map((key) => ({ put: `/${writer}/${key}`, value })),
        { put: `/${writer}/added/${value}`, value },
        { delete: `/${writer}/added/${round}.${count - 1}` },
      ],
    })
    if (done.outcome !== 'committed') throw new Error(done.outcome)
    process.stdout.write(`${writer} ${count} ${done.at.revision}\n`) // to a pipe it returns when it is written
  }
}

await Promise.all(Array.from({ length: writersCount }, (_, writer) => write(writer)))
