import { expect, test } from 'vitest'
import { gatewayLimits } from '../../src/gateway/index.ts'
import { p99 } from '../attack/crowd.ts'
import { type CrowdCase, crowdCases } from '../attack/crowd-cases.ts'
import { startGround } from '../attack/ground.ts'
import { probe, withstand } from '../attack/withstand.ts'
import { runClients } from './clients.ts'

const memoryBytesMax = 100 * 1024 * 1024

/** Silent ones as many as there may be, but for those who ask meanwhile. */
const countOf = ({ first }: CrowdCase) => (first === '' ? gatewayLimits.connectionsMax - 10 : 2_000)

test.each(crowdCases)(
  '$title, limits as shipped: all are cut within 12 s, for 100 MB at most, others are served',
  async (crowd) => {
    const ground = await startGround({ limits: gatewayLimits })
    const count = countOf(crowd)
    await withstand(
      ground,
      async () => {
        const beforeBytes = process.memoryUsage.rss()
        const probesMs: number[] = []
        let mostBytes = 0
        const goneMs = await runClients(
          ground.gateway.address.port,
          [count, crowd.first, crowd.drip],
          async () => {
            probesMs.push((await probe(ground.origin)).durationMs)
            mostBytes = Math.max(mostBytes, process.memoryUsage.rss())
          },
        )
        expect(goneMs).toBeLessThan(12_000)
        expect(p99(probesMs.sort((a, b) => a - b))).toBeLessThan(250)
        expect(mostBytes - beforeBytes).toBeLessThan(memoryBytesMax)
        expect(ground.engine.received).toHaveLength(0)
      },
      { lines: 0, [crowd.leaves]: count, times: 2 },
    )
  },
)

test('A-21: 50,000 connections that come and go as fast as they can leave nothing', async () => {
  const ground = await startGround({ limits: gatewayLimits })
  const storm = async () => {
    await runClients(
      ground.gateway.address.port,
      [50_000],
      async () => void (await probe(ground.origin)),
    )
  }
  await withstand(ground, storm, { lines: 0, times: 2 })
})
