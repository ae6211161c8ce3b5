/**
 * Pulls from Debian's registry in each of its forms, killed at many moments: nine of each by the bytes that came, one while the model is
 * being published. Then the model goes back there, and from there to another store.
 */
import { expect, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../src/sys/random.ts'
import type { EngineProcess } from '../support/registry/engine-process.ts'
import { cutting, registryForms } from '../support/registry/forms.ts'
import {
  type KilledPulls,
  pullWithKills,
  pushBackAndPullElsewhere,
  totalBytes,
} from '../support/registry/killed-pull.ts'
import { seedModel } from '../support/registry/model.ts'
import { registryProgram } from '../support/registry/registry.ts'

const mebibyte = 1024 * 1024
/** Of the largest blob here; see `registryLimits`. */
const partBytes = 0.5 * mebibyte
const lostPerKillBytes = 8 * partBytes
const killsInside = 9
/** Publishing takes some milliseconds: a kill may come when it is over. */
const publishingTriesMax = 10

test.skipIf(registryProgram() === undefined).each(Object.entries(registryForms))(
  'P-11, P-13 (part: pulls): 10 and more pulls into empty stores from a registry %s, each killed at another moment, all end byte-exact; the model goes back and is pulled elsewhere',
  async (name, start) => {
    const form = await start()
    onTestFinished(() => form.stop())
    const seed = await seedModel(24 * mebibyte)
    await form.put('ns/m', seed)
    const random = seededRandom(20_261_126 + name.length)
    const pulls: KilledPulls[] = []
    let pushCuts = 0
    form.bytes.faults.pauseMs = 5
    for (let i = 0; i < killsInside; i++) {
      // one in each ninth of the bytes
      const moment = 0.01 + ((i + random.number()) / killsInside) * 0.97
      const pushBack = async (engine: EngineProcess) => {
        pushCuts = await pushBackAndPullElsewhere(form, seed, engine)
      }
      const isLast = i === killsInside - 1
      pulls.push(await pullWithKills(form, seed, [moment], isLast ? pushBack : undefined))
    }
    delete form.bytes.faults.pauseMs
    let wasPublishing = false
    for (let i = 0; i < publishingTriesMax && !wasPublishing; i++) {
      const pull = await pullWithKills(form, seed, ['writing manifest'])
      pulls.push(pull)
      wasPublishing = pull.struck === 1
    }
    const twice = pulls.map(({ fetchedBytes }) => fetchedBytes - totalBytes(seed))
    const sum = (key: 'struckInside' | 'cuts' | 'looks') =>
      pulls.reduce((total, one) => total + one[key], 0)
    console.log(
      `${name}: ${pulls.length} kills, ${sum('struckInside')} inside of the bytes, ${wasPublishing ? 1 : 0} while publishing, ` +
        `${sum('cuts')} cuts and ${pushCuts} of the push, ${sum('looks')} looks at the list; of ${totalBytes(seed)} bytes ${Math.max(...twice)} twice at worst`,
    )
    expect(sum('struckInside')).toBeGreaterThanOrEqual(killsInside - 1)
    expect(wasPublishing).toBe(true)
    expect([sum('cuts') > 0, pushCuts > 0]).toEqual([name === cutting, name === cutting])
    expect(sum('looks')).toBeGreaterThan(pulls.length)
    for (const [index, { cuts }] of pulls.entries()) {
      expect(twice[index]).toBeLessThanOrEqual(lostPerKillBytes + cuts * partBytes)
    }
  },
)
