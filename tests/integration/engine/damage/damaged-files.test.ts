import { afterAll, beforeAll, test } from 'vitest'
import { startDamageCampaign } from './campaign.ts'

/** A sample; `tests/long` gives ten times as many. */
const count = 100

let campaign: Awaited<ReturnType<typeof startDamageCampaign>>
beforeAll(async () => {
  campaign = await startDamageCampaign()
})
afterAll(() => campaign.stop())

test(`${count} files cut off anywhere: a clear error, nothing left of them`, async () => {
  await campaign.run('cut off', count, 1)
})

test(`${count} files with a changed header: a clear error or an answer, nothing left of them`, async () => {
  await campaign.run('changed in the header', count, 10_001)
})
