/** Pulls from Debian's registry, killed at many moments: 45 by the bytes that came, 5 while the model is being published. */
import { expect, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../src/sys/random.ts'
import { pullWithKills, totalBytes } from '../support/registry/killed-pull.ts'
import { pushModel, seedModel } from '../support/registry/model.ts'
import { startRegistryProxy } from '../support/registry/proxy.ts'
import { registryProgram, startRegistry } from '../support/registry/registry.ts'

const mebibyte = 1024 * 1024
/** Connections and size of parts of the largest blob here; see `registryLimits`. */
const lostPerKillBytes = 8 * 0.5 * mebibyte

test.skipIf(registryProgram() === undefined)(
  'P-11, P-13 (part: pulls): 50 pulls into empty stores, each killed at another moment, all end byte-exact',
  async () => {
    const registry = await startRegistry()
    onTestFinished(() => registry.stop())
    const proxy = await startRegistryProxy(registry.host)
    onTestFinished(() => proxy.stop())
    const seed = await seedModel(24 * mebibyte)
    await pushModel(registry.host, 'ns/m', seed)
    const random = seededRandom(20_261_126)
    let worstBytes = 0
    let struckInside = 0
    for (let i = 0; i < 45; i++) {
      proxy.faults.pauseMs = 5
      const { fetchedBytes, struck } = await pullWithKills(proxy, seed, [
        0.01 + random.number() * 0.98,
      ])
      struckInside += struck
      worstBytes = Math.max(worstBytes, fetchedBytes - totalBytes(seed))
    }
    delete proxy.faults.pauseMs
    for (let i = 0; i < 5; i++) {
      const status = i % 2 === 0 ? 'verifying sha256 digest' : 'writing manifest'
      const { fetchedBytes } = await pullWithKills(proxy, seed, [status])
      worstBytes = Math.max(worstBytes, fetchedBytes - totalBytes(seed))
    }
    console.log(
      `50 kills, ${struckInside} of 45 inside the transfer; at worst ${worstBytes} bytes twice`,
    )
    expect(struckInside).toBeGreaterThanOrEqual(40)
    expect(worstBytes).toBeLessThanOrEqual(lostPerKillBytes)
  },
)
