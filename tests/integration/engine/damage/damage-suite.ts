import { afterAll, beforeAll, test } from 'vitest'
import { startDamageCampaign } from './campaign.ts'

/** Registers both kinds of damage, `count` files each; every file has a seed of its own from the first one on. */
export function damageSuite(count: number, firstSeeds: { cut: number; changed: number }): void {
  let campaign: Awaited<ReturnType<typeof startDamageCampaign>>
  beforeAll(async () => {
    campaign = await startDamageCampaign()
  })
  afterAll(() => campaign.stop())

  test(`${count} files cut off anywhere: a clear error, nothing left of them`, async () => {
    await campaign.run('cut off', count, firstSeeds.cut)
  })

  test(`${count} files with a changed header: a clear error or an answer, nothing left of them`, async () => {
    await campaign.run('changed in the header', count, firstSeeds.changed)
  })
}
