/** Makes one key after the other, each in a data directory of its own below the one given, until it is killed. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { loadIdentity } from '../../../src/cluster/identity/index.ts'

process.once('disconnect', () => process.exit())
const [folder = ''] = process.argv.slice(2)
for (let made = 0; ; made++) {
  const dataDir = join(folder, String(made))
  await mkdir(dataDir, { recursive: true })
  await loadIdentity(dataDir)
}
