/** Writes so many transactions, one after the other, and prints what became of each. Arguments: database, count. */
import { openStore } from '../../contract/state-store/ground.ts'

const [path = '', count = '0'] = process.argv.slice(2)
const store = await openStore(path)
for (let i = 0; i < Number(count); i++) {
  const value = String(i)
  const done = await store
    .transact({
      conditions: [],
      writes: [
        { put: `/${i}/a`, value },
        { put: `/${i}/b`, value },
      ],
    })
    .catch((error: { code: string }) => ({ outcome: error.code }))
  process.stdout.write(`${done.outcome}\n`)
}
await store.close()
