import { afterAll, beforeAll, test } from 'vitest'
import { startDamageCampaign } from '../integration/engine/damage/campaign.ts'

const count = 1_000

let campaign: Awaited<ReturnType<typeof startDamageCampaign>>
beforeAll(async () => {
  campaign = await startDamageCampaign()
})
afterAll(() => campaign.stop())

test(`${count} files cut off anywhere: a clear error, nothing left of them`, async () => {
  await campaign.run('cut off', count, 100_001)
})

test(`${count} files with a changed header: a clear error or an answer, nothing left of them`, async () => {
  await campaign.run('changed in the header', count, 200_001)
})
