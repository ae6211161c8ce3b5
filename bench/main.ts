/** `npm run bench -- engine|fairness|gateway|links|soft-state|store`. Figures are for reading: nothing asserts them. */
import { benchEngine } from './engine/index.ts'
import { benchFairness } from './fairness/index.ts'
import { benchGateway } from './gateway/index.ts'
import { benchLinks } from './links/index.ts'
import { benchSoftState } from './soft-state/index.ts'
import { benchStore } from './store/index.ts'

const benches: Readonly<Record<string, () => Promise<void>>> = {
  engine: benchEngine,
  fairness: benchFairness,
  gateway: benchGateway,
  'soft-state': benchSoftState,
  links: benchLinks,
  store: benchStore,
}
const [name = ''] = process.argv.slice(2)
const bench = benches[name]
if (bench === undefined) {
  console.error(`Say which: ${Object.keys(benches).join(' or ')}.`)
  process.exitCode = 1
} else {
  await bench()
}
