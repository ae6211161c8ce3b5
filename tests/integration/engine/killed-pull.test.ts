/** Pulls that are killed at seeded moments. `tests/long/killed-pulls.test.ts` has many more. */
import { expect, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../../src/sys/random.ts'
import { cutting, registryForms } from '../../support/registry/forms.ts'
import {
  pullWithKills,
  pushBackAndPullElsewhere,
  totalBytes,
} from '../../support/registry/killed-pull.ts'
import { seedModel } from '../../support/registry/model.ts'
import { registryProgram } from '../../support/registry/registry.ts'

const mebibyte = 1024 * 1024
/** Of the largest blob here; see `registryLimits`. */
const partBytes = 0.25 * mebibyte
const lostPerKillBytes = 8 * partBytes

test.skipIf(registryProgram() === undefined).each(Object.entries(registryForms))(
  'F-45, P-11 (part: 3 kills): from a registry %s a pull that is killed goes on, loses a part per connection, shows nothing unverified; the model goes back and is pulled elsewhere',
  async (name, start) => {
    const form = await start()
    onTestFinished(() => form.stop())
    const seed = await seedModel(10 * mebibyte)
    await form.put('ns/m', seed)
    form.bytes.faults.pauseMs = 3
    const random = seededRandom(9)
    const shares = [0.2, 0.6].map((share) => share + random.number() * 0.2)
    let pushCuts = 0
    const moments = [...shares, 'writing manifest']
    const { fetchedBytes, struckInside, cuts, looks } = await pullWithKills(
      form,
      seed,
      moments,
      async (engine) => {
        pushCuts = await pushBackAndPullElsewhere(form, seed, engine)
      },
    )
    console.log(`${name}: ${fetchedBytes} bytes for ${totalBytes(seed)}, ${cuts}+${pushCuts} cuts`)
    expect([cuts > 0, pushCuts > 0]).toEqual([name === cutting, name === cutting])
    expect(struckInside).toBe(shares.length)
    expect(looks).toBeGreaterThan(0)
    const lostBytes = shares.length * lostPerKillBytes + cuts * partBytes
    expect(fetchedBytes).toBeLessThanOrEqual(totalBytes(seed) + lostBytes)
  },
)
