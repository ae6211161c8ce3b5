import { expect, test } from 'vitest'
import { gatewayLimits } from '../../src/gateway/index.ts'
import { p99, sendCrowd } from '../attack/crowd.ts'
import { crowdCases } from '../attack/crowd-cases.ts'
import { startGround } from '../attack/ground.ts'

const count = 2_000

/** Clients and gateway share one process here, so that its memory bounds both. */
const memoryBytesMax = 200 * 1024 * 1024

test.each(crowdCases)(
  '$title, 2,000 of them, limits as shipped: all are cut within 12 s, others are served',
  async (crowd) => {
    const ground = await startGround({ limits: gatewayLimits })
    const beforeBytes = process.memoryUsage.rss()
    const result = await sendCrowd(ground, { ...crowd, count, dripMs: 1_000 }, 20_000)
    expect(result.lastedMs).toBeLessThan(12_000)
    expect(p99(result.probesMs)).toBeLessThan(250)
    expect(process.memoryUsage.rss() - beforeBytes).toBeLessThan(memoryBytesMax)
    expect(ground.engine.received).toHaveLength(0)
    await ground.mustStand()
  },
)
