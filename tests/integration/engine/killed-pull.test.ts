/** Pulls that are killed at seeded moments. `tests/long/killed-pulls.test.ts` has many more. */
import { expect, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../../src/sys/random.ts'
import { pullWithKills, totalBytes } from '../../support/registry/killed-pull.ts'
import { pushModel, seedModel } from '../../support/registry/model.ts'
import { startRegistryProxy } from '../../support/registry/proxy.ts'
import { registryProgram, startRegistry } from '../../support/registry/registry.ts'

const mebibyte = 1024 * 1024
/** Connections and size of parts of the largest blob here; see `registryLimits`. */
const lostPerKillBytes = 8 * 0.25 * mebibyte

test.skipIf(registryProgram() === undefined)(
  'F-45, P-11 (part: 8 kills): a pull that is killed goes on, loses a part per connection, and shows nothing unverified',
  async () => {
    const registry = await startRegistry()
    onTestFinished(() => registry.stop())
    const proxy = await startRegistryProxy(registry.host)
    onTestFinished(() => proxy.stop())
    const seed = await seedModel(12 * mebibyte)
    await pushModel(registry.host, 'ns/m', seed)
    proxy.faults.pauseMs = 5
    const random = seededRandom(9)
    const shares = [0.01, 0.2, 0.35, 0.5, 0.7, 0.9].map((share) => share + random.number() * 0.09)
    const { fetchedBytes, struck } = await pullWithKills(proxy, seed, shares)
    expect(struck).toBe(shares.length)
    expect(fetchedBytes).toBeLessThanOrEqual(totalBytes(seed) + shares.length * lostPerKillBytes)
    console.log(`six kills: ${fetchedBytes} bytes for ${totalBytes(seed)}`)
    delete proxy.faults.pauseMs
    await pullWithKills(proxy, seed, ['verifying sha256 digest', 'writing manifest'])
  },
)
